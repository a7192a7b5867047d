// SPDX-License-Identifier: Apache-2.0

/// Runs one scenario many times on a fixed schedule of shares and counts how a rule decides; the same for the same seed.
package struct CanarySimulation: Sendable {
    package var scenario: CanaryScenario
    /// The candidate's share of traffic in each minute, 0…1.
    package var weights: [Double]

    package init(_ scenario: CanaryScenario, weights: [Double]) {
        self.scenario = scenario
        self.weights = weights
    }

    /// Steps of equal length.
    package static func steps(_ percents: [Int], minutes: Int) -> [Double] {
        (0..<minutes).map { Double(percents[$0 * percents.count / minutes]) / 100 }
    }

    package func run(_ rule: @autoclosure () -> any AbortRule, runs: Int, seed: UInt64) -> SimulatedOutcome {
        var outcome = SimulatedOutcome(runs: runs)
        for run in 0..<runs {
            var generator = SplitMix64(seed: seed &+ UInt64(run) &* 0x9E37_79B9)
            if let minute = abort(rule(), using: &generator) { outcome.abortMinutes.append(minute) }
        }
        outcome.abortMinutes.sort()
        return outcome
    }

    /// - Returns: The minute, from 1, in which the rule aborted.
    private func abort(_ rule: any AbortRule, using generator: inout SplitMix64) -> Int? {
        var rule = rule
        let made = weights.enumerated().map { scenario.minute($0, weight: $1, using: &generator) }
        for minute in 0..<(weights.count) {
            let known = minute - scenario.labelDelayMinutes
            if rule.aborts(on: known >= 0 ? made[known] : []) { return minute + 1 }
        }
        return rule.abortsAtEnd() ? weights.count : nil
    }
}

/// How often and when a rule aborted.
package struct SimulatedOutcome: Equatable, Sendable {
    package var runs: Int
    /// Ascending.
    package var abortMinutes: [Int] = []

    package var abortedShare: Double { Double(abortMinutes.count) / Double(runs) }
    /// Of the runs that aborted; nil without one.
    package var medianMinute: Int? { abortMinutes.isEmpty ? nil : abortMinutes[abortMinutes.count / 2] }
}
