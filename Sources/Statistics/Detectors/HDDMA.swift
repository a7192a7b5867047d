// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Drift detection by Hoeffding's inequality on averages: the mean since the start against the mean up to its best cut.
///
/// Frías-Blanco et al., "Online and Non-Parametric Drift Detection Methods Based on Hoeffding's Bounds", IEEE Transactions on Knowledge and
/// Data Engineering 27 (2015), test A. O(1). For values in 0…1; sees increases, and decreases when asked for both sides.
package struct HDDMA: ChangeDetector, Equatable {
    package let changeConfidence: Double
    package let warningConfidence: Double
    package let isTwoSided: Bool

    private var all = RunningMean()
    private var lowest = RunningMean()
    private var highest = RunningMean()
    private var hasChanged = false

    package init(changeConfidence: Double = 0.001, warningConfidence: Double = 0.005, isTwoSided: Bool = false) {
        precondition(changeConfidence > 0 && warningConfidence >= changeConfidence && warningConfidence < 1, "A confidence lies in 0…1.")
        self.changeConfidence = changeConfidence
        self.warningConfidence = warningConfidence
        self.isTwoSided = isTwoSided
    }

    package mutating func update(_ value: Double) -> ChangeSignal {
        guard value.isFinite else { return .stable }
        if hasChanged {
            self = HDDMA(changeConfidence: changeConfidence, warningConfidence: warningConfidence, isTwoSided: isTwoSided)
        }
        all.add(value)
        if lowest.count == 0 { lowest = all }
        if highest.count == 0 { highest = all }
        let bound = hoeffding(all.count)
        if lowest.value + hoeffding(lowest.count) >= all.value + bound { lowest = all }
        if highest.value - hoeffding(highest.count) <= all.value - bound { highest = all }
        let signal = max(rise(), isTwoSided ? fall() : .stable)
        hasChanged = signal == .change
        return signal
    }

    private func rise() -> ChangeSignal { signal(from: lowest, change: all.value - lowest.value) }
    private func fall() -> ChangeSignal { signal(from: highest, change: highest.value - all.value) }

    private func signal(from cut: RunningMean, change: Double) -> ChangeSignal {
        guard cut.count != all.count else { return .stable }
        let weight = (all.count - cut.count) / cut.count * (1 / all.count)
        func limit(_ confidence: Double) -> Double { (weight / 2 * log(2 / confidence)).squareRoot() }
        if change >= limit(changeConfidence) { return .change }
        return change >= limit(warningConfidence) ? .warning : .stable
    }

    private func hoeffding(_ count: Double) -> Double {
        (1 / (2 * count) * log(1 / changeConfidence)).squareRoot()
    }
}
