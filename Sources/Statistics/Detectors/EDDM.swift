// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Early drift detection method: alarms when errors come closer together than they once did.
///
/// Baena-García et al., "Early Drift Detection Method", International Workshop on Knowledge Discovery from Data Streams (2006). O(1). Meant
/// for slow change; it alarms on unchanged streams too, about once in ten thousand values at best.
package struct EDDM: ChangeDetector, Equatable {
    package let warmUp: Int
    /// The share of the widest spacing below which a warning, and a change, is signalled.
    package let warningShare: Double
    package let changeShare: Double

    private var count = 0
    private var lastError = 0
    private var errors = 0
    private var spacing = RunningMean()
    private var squaredDeviations = 0.0
    private var widest = -1.0
    private var signal = ChangeSignal.stable

    package init(warmUp: Int = 30, warningShare: Double = 0.95, changeShare: Double = 0.9) {
        precondition(warmUp > 0 && changeShare > 0 && warningShare >= changeShare, "The warning comes before the change.")
        self.warmUp = warmUp
        self.warningShare = warningShare
        self.changeShare = changeShare
    }

    /// - Parameter value: 1 for an error; anything else is none.
    package mutating func update(_ value: Double) -> ChangeSignal {
        guard value.isFinite else { return .stable }
        if signal == .change { self = EDDM(warmUp: warmUp, warningShare: warningShare, changeShare: changeShare) }
        count += 1
        guard value == 1 else { return signal }
        errors += 1
        let distance = Double(count - lastError)
        let before = spacing.value
        spacing.add(distance)
        squaredDeviations += (distance - before) * (distance - spacing.value)
        lastError = count
        guard count > warmUp else { return signal }
        let variance = spacing.count > 1 ? squaredDeviations / (spacing.count - 1) : 0
        let width = spacing.value + 2 * pow(variance, 0.5)
        if width > widest {
            widest = width
        } else if errors > warmUp {
            let share = width / widest
            signal = share < changeShare ? .change : share < warningShare ? .warning : .stable
        }
        return signal
    }
}
