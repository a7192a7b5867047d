// SPDX-License-Identifier: Apache-2.0

/// The Page–Hinkley test: alarms when values have run above (or below) their own mean for long enough.
///
/// Page, "Continuous Inspection Schemes", Biometrika 41 (1954); Hinkley, "Inference About the Change-Point from Cumulative Sum Tests",
/// Biometrika 58 (1971), with a forgetting factor. O(1). The threshold is in the unit of the values: scale it to their spread, or
/// an unchanged stream of unit variance alarms about every thousand values.
package struct PageHinkley: ChangeDetector, Equatable {
    package enum Direction: String, Codable, CaseIterable, Sendable {
        case up, down, both
    }

    package let minimumCount: Int
    /// The change of mean too small to care about.
    package let delta: Double
    package let threshold: Double
    /// What of the sums is kept at each value, just below 1.
    package let forgetting: Double
    package let direction: Direction

    private var mean = RunningMean()
    private var increase = 0.0
    private var decrease = 0.0
    private var lowest = Double.greatestFiniteMagnitude
    private var highest = -1.0
    private var hasChanged = false

    package init(
        minimumCount: Int = 30, delta: Double = 0.005, threshold: Double = 50, forgetting: Double = 1 - 0.0001, direction: Direction = .both
    ) {
        precondition(minimumCount > 0 && threshold > 0 && forgetting > 0 && forgetting <= 1, "Thresholds are positive.")
        self.minimumCount = minimumCount
        self.delta = delta
        self.threshold = threshold
        self.forgetting = forgetting
        self.direction = direction
    }

    package mutating func update(_ value: Double) -> ChangeSignal {
        guard value.isFinite else { return .stable }
        if hasChanged {
            self = PageHinkley(
                minimumCount: minimumCount, delta: delta, threshold: threshold, forgetting: forgetting, direction: direction)
        }
        mean.add(value)
        let deviation = value - mean.value
        increase = forgetting * increase + deviation - delta
        decrease = forgetting * decrease + deviation + delta
        lowest = min(lowest, increase)
        highest = max(highest, decrease)
        guard mean.count >= Double(minimumCount) else { return .stable }
        let isUp = direction != .down && increase - lowest > threshold
        let isDown = direction != .up && highest - decrease > threshold
        hasChanged = isUp || isDown
        return hasChanged ? .change : .stable
    }
}
