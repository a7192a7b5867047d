// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics

// How often rules abort good canaries and how soon they abort bad ones: `bench-verdicts [RUNS [SEED]]`, 1000 and 1 without arguments.

struct Row {
    var name: String
    var scenario: CanaryScenario
    var isGood: Bool
    /// Looked at by itself, beside the whole.
    var segments = 0
}

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let runs = arguments.first ?? 1000
let seed = UInt64(arguments.dropFirst().first ?? 1)
let alpha = 0.05
let minutes = 60
let weights = CanarySimulation.steps([5, 10, 25, 50], minutes: minutes)
let incident = CanaryScenario.SharedIncident(minutes: 40..<55, factor: 3)
/// Early enough for its labels to be seen.
let earlyIncident = CanaryScenario.SharedIncident(minutes: 22..<37, factor: 3)

let rows = [
    Row(name: "GOOD, 1 rps, 2 % bad", scenario: CanaryScenario(requestsPerSecond: 1, badRate: 0.02), isGood: true),
    Row(name: "GOOD, 20 rps, 2 % bad", scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.02), isGood: true),
    Row(name: "GOOD, 20 rps, 6 % wrong predictions", scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.06), isGood: true),
    Row(
        name: "GOOD, 20 rps, 2 % bad, incident x3 on both",
        scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.02, incident: incident), isGood: true),
    Row(name: "BAD x2 (1 to 2 %), 20 rps", scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.01, ratio: 2), isGood: false),
    Row(
        name: "BAD x1.3 (6 to 7.8 %), 20 rps", scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.06, ratio: 1.3), isGood: false),
    Row(name: "BAD x5 (1 to 5 %), 20 rps", scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.01, ratio: 5), isGood: false),
    Row(name: "BAD x5 (1 to 5 %), 1 rps", scenario: CanaryScenario(requestsPerSecond: 1, badRate: 0.01, ratio: 5), isGood: false),
    Row(
        name: "GOOD, 20 rps, 2 % bad, labels 20 min late, incident x3",
        scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.02, incident: earlyIncident, labelDelayMinutes: 20), isGood: true),
    Row(
        name: "BAD x2 (1 to 2 %), 20 rps, labels 20 min late",
        scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.01, ratio: 2, labelDelayMinutes: 20), isGood: false),
    Row(
        name: "BAD x5 in 5 % of traffic only, 20 rps, 2 % bad",
        scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.02, ratio: 5, segmentShare: 0.05), isGood: false, segments: 2),
    Row(
        name: "GOOD, 20 rps, 2 % bad, 6 bad answers a user",
        scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.02, eventsPerEntity: 6), isGood: true),
    Row(
        name: "BAD x2, 20 rps, 2 % bad, 6 bad answers a user",
        scenario: CanaryScenario(requestsPerSecond: 20, badRate: 0.02, ratio: 2, eventsPerEntity: 6), isGood: false),
]

func cell(_ outcome: SimulatedOutcome, isGood: Bool) -> String {
    let share = outcome.abortedShare * 100
    let text = share < 10 ? String(format: "%.1f %%", share) : String(format: "%.0f %%", share)
    guard !isGood, let minute = outcome.medianMinute else { return text }
    return "\(text) @\(minute)"
}

print(
    "\(runs) runs each, seed \(seed), \(minutes) min, shares 5-10-25-50 %, alpha \(alpha). Aborted share, and for bad canaries the median minute.\n"
)
print("| scenario | fixed threshold, 4th failure | fixed threshold, 5th failure | z every minute | z once at the end | evidence |")
print("|---|---|---|---|---|---|")
for row in rows {
    let simulation = CanarySimulation(row.scenario, weights: weights)
    let outcomes = [
        simulation.run(FixedThresholdRule(failures: 4), runs: runs, seed: seed),
        simulation.run(FixedThresholdRule(failures: 5), runs: runs, seed: seed),
        simulation.run(ProportionRule(isRepeated: true), runs: runs, seed: seed),
        simulation.run(ProportionRule(isRepeated: false), runs: runs, seed: seed),
        simulation.run(EvidenceRule(alpha: alpha, segments: row.segments), runs: runs, seed: seed),
    ]
    print("| \(row.name) | " + outcomes.map { cell($0, isGood: row.isGood) }.joined(separator: " | ") + " |")
}
