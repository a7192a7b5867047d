// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Drift detection by McDiarmid's inequality on weighted averages, which favour recent values and so see slow change sooner.
///
/// Frías-Blanco et al. 2015 (see `HDDMA`), test W. O(1). For values in 0…1; sees increases, and decreases when asked for both sides.
package struct HDDMW: ChangeDetector, Equatable {
    package let changeConfidence: Double
    package let warningConfidence: Double
    /// Weight of the newest value.
    package let weight: Double
    package let isTwoSided: Bool

    private var all = WeightedMean()
    private var rise = Cut()
    private var fall = Cut()
    private var hasChanged = false

    package init(
        changeConfidence: Double = 0.001, warningConfidence: Double = 0.005, weight: Double = 0.05, isTwoSided: Bool = false
    ) {
        precondition(changeConfidence > 0 && warningConfidence >= changeConfidence && warningConfidence < 1, "A confidence lies in 0…1.")
        precondition(weight > 0 && weight < 1, "A weight lies between 0 and 1.")
        self.changeConfidence = changeConfidence
        self.warningConfidence = warningConfidence
        self.weight = weight
        self.isTwoSided = isTwoSided
    }

    package mutating func update(_ value: Double) -> ChangeSignal {
        guard value.isFinite else { return .stable }
        if hasChanged {
            self = HDDMW(
                changeConfidence: changeConfidence, warningConfidence: warningConfidence, weight: weight, isTwoSided: isTwoSided)
        }
        all.add(value, weight: weight)
        let bound = mcDiarmid(all.bound, changeConfidence)
        rise.take(value, all: all, level: all.value + bound, weight: weight)
        fall.take(value, all: all, level: -(all.value - bound), weight: weight)
        let signal = max(judge(rise, sign: 1), isTwoSided ? judge(fall, sign: -1) : .stable)
        hasChanged = signal == .change
        return signal
    }

    private func judge(_ cut: Cut, sign: Double) -> ChangeSignal {
        guard cut.before.isStarted, cut.after.isStarted else { return .stable }
        let change = sign > 0 ? cut.after.value - cut.before.value : cut.before.value - cut.after.value
        let bound = cut.before.bound + cut.after.bound
        if change > mcDiarmid(bound, changeConfidence) { return .change }
        return change > mcDiarmid(bound, warningConfidence) ? .warning : .stable
    }

    private func mcDiarmid(_ bound: Double, _ confidence: Double) -> Double {
        (bound * log(1 / confidence) / 2).squareRoot()
    }
}

private struct WeightedMean: Codable, Equatable {
    var value = 0.0
    var isStarted = false
    /// Sum of squared weights, in McDiarmid's inequality.
    var bound = 1.0

    mutating func add(_ value: Double, weight: Double) {
        // A mean of exactly 0 starts over at the next value, as in the implementation the reference values come from.
        self.value = self.value == 0 ? value : weight * value + (1 - weight) * self.value
        isStarted = true
        bound = weight * weight + (1 - weight) * (1 - weight) * bound
    }
}

/// The cut with the lowest level so far: the mean up to it, and the mean since.
private struct Cut: Codable, Equatable {
    var lowest = Double.greatestFiniteMagnitude
    var before = WeightedMean()
    var after = WeightedMean()

    mutating func take(_ value: Double, all: WeightedMean, level: Double, weight: Double) {
        if level < lowest {
            lowest = level
            before = all
            after = WeightedMean()
        } else {
            after.add(value, weight: weight)
        }
    }
}
