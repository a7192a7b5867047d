// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A rollout as its plan has it, on imagined traffic: what becomes of a candidate before one is released.
///
/// Steps follow each other when their time is over and both revisions have enough labelled answers, as in a real rollout; evidence is
/// looked at every minute. The same for the same seed.
package struct RolloutSimulation: Codable, Equatable, Sendable {
    /// The candidate's share step by step; the last is 100.
    package var percents: [Int]
    /// The least time in each step.
    package var bakeMinutes: Int
    /// Labelled answers of each revision needed in a step.
    package var minimumLabelled: Int
    /// After this long without a promotion a person is asked.
    package var maximumMinutes: Int
    /// Error rate of the guard that is simulated.
    package var alpha: Double
    package var requiresShownNotWorse: Bool

    package init(
        percents: [Int], bakeMinutes: Int, minimumLabelled: Int, maximumMinutes: Int, alpha: Double, requiresShownNotWorse: Bool
    ) {
        precondition(percents.count >= 2 && percents.last == 100, "A rollout has a step before it gives all traffic.")
        self.percents = percents
        self.bakeMinutes = bakeMinutes
        self.minimumLabelled = minimumLabelled
        self.maximumMinutes = maximumMinutes
        self.alpha = alpha
        self.requiresShownNotWorse = requiresShownNotWorse
    }

    package enum End: Equatable, Sendable {
        case aborted, promoted
        /// The longest time was over.
        case inconclusive
    }

    package struct Outcome: Equatable, Sendable {
        package var runs: Int
        package var ends: [(end: End, minute: Int)] = []

        package func share(_ end: End) -> Double { Double(ends.count { $0.end == end }) / Double(runs) }

        /// The minute before which this share of the runs that ended so had ended; nil when none did.
        package func minute(_ end: End, quantile: Double) -> Int? {
            let minutes = ends.filter { $0.end == end }.map(\.minute).sorted()
            return minutes.isEmpty ? nil : minutes[min(minutes.count - 1, Int(Double(minutes.count) * quantile))]
        }

        /// The largest abort rate that the runs do not speak against, one-sided at 95 %.
        package var abortRateBound: Double {
            BinomialShare(successes: ends.count { $0.end == .aborted }, trials: runs)?.interval(level: 0.9).upperBound ?? 1
        }

        package static func == (left: Outcome, right: Outcome) -> Bool {
            left.runs == right.runs && left.ends.elementsEqual(right.ends) { $0 == $1 }
        }
    }

    package func run(_ scenario: CanaryScenario, runs: Int, seed: UInt64) -> Outcome {
        var outcome = Outcome(runs: runs)
        for run in 0..<runs {
            var generator = SplitMix64(seed: seed &+ UInt64(run) &* 0x9E37_79B9)
            outcome.ends.append(once(scenario, using: &generator))
        }
        return outcome
    }

    private func once(_ scenario: CanaryScenario, using generator: inout SplitMix64) -> (end: End, minute: Int) {
        var made: [[SimulatedMinute]] = []
        var evidence = CanaryEvidence()
        var step = 0
        var stepMinute = 0
        var (canary, stable) = (0, 0)
        for minute in 0..<maximumMinutes {
            made.append(scenario.minute(minute, weight: Double(percents[step]) / 100, using: &generator))
            let known = minute - scenario.labelDelayMinutes
            for part in known >= 0 ? made[known] : [] {
                let bad = part.canary.badEntities
                evidence.observe(canary: bad, of: bad + part.stable.badEntities, weight: part.weight)
                canary += part.canary.requests
                stable += part.stable.requests
            }
            if evidence.harm.rejects(at: alpha) { return (.aborted, minute + 1) }
            guard minute + 1 - stepMinute >= bakeMinutes, min(canary, stable) >= minimumLabelled else { continue }
            if percents[step + 1] < 100 {
                step += 1
                (stepMinute, canary, stable) = (minute + 1, 0, 0)
            } else if !requiresShownNotWorse || evidence.safety.rejects(at: alpha) {
                return (.promoted, minute + 1)
            }
        }
        return (.inconclusive, maximumMinutes)
    }
}
