// SPDX-License-Identifier: Apache-2.0

/// Drift detection method: alarms when the error rate is well above the lowest it has been. Sees increases only.
///
/// Gama, Medas, Castillo and Rodrigues, "Learning with Drift Detection", Brazilian Symposium on Artificial Intelligence (2004). O(1).
package struct DDM: ChangeDetector, Equatable {
    package let warmUp: Int
    /// In standard deviations above the lowest rate.
    package let warningLevel: Double
    package let changeLevel: Double

    private var rate = RunningMean()
    private var lowestRate = Double.greatestFiniteMagnitude
    private var lowestDeviation = 0.0
    private var hasChanged = false

    package init(warmUp: Int = 30, warningLevel: Double = 2, changeLevel: Double = 3) {
        precondition(warmUp > 0 && warningLevel > 0 && changeLevel >= warningLevel, "The warning comes before the change.")
        self.warmUp = warmUp
        self.warningLevel = warningLevel
        self.changeLevel = changeLevel
    }

    package mutating func update(_ value: Double) -> ChangeSignal {
        guard value.isFinite else { return .stable }
        if hasChanged { self = DDM(warmUp: warmUp, warningLevel: warningLevel, changeLevel: changeLevel) }
        rate.add(value)
        let deviation = max(0, rate.value * (1 - rate.value) / rate.count).squareRoot()
        guard rate.count > Double(warmUp) else { return .stable }
        let level = rate.value + deviation
        if level <= lowestRate + lowestDeviation {
            lowestRate = rate.value
            lowestDeviation = deviation
        }
        hasChanged = level > lowestRate + changeLevel * lowestDeviation
        if hasChanged { return .change }
        return level > lowestRate + warningLevel * lowestDeviation ? .warning : .stable
    }
}
