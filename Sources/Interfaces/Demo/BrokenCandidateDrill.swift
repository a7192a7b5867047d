// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain

/// A candidate whose conversion swapped the classes, unseen by every offline check: its canary must give the traffic back. Swapped for one
/// carrier only, nearly all answers are as they should be: then it is the plan's guard on segments that must see it.
struct BrokenCandidateDrill: Sendable {
    /// One that one flight in thirteen is of, and that the plan names among its segments.
    static let carrier = "MQ"
    /// What is wrong with few of the flights takes more of them to see.
    private static let mostMonths = 4

    let steps: Steps
    let month: FlightMonth
    /// Nil swaps the classes of all flights.
    let carrier: String?
    /// How far the month is shifted: after the drills before.
    let days: Int

    private var name: String { carrier.map { "Drill: broken for carrier \($0)" } ?? "Drill: broken candidate" }

    func run() async throws -> DemoReport.BrokenCandidate {
        let dataset = FlightsDemo.dataset
        let before = try await steps.latestRollout()?.id
        let execution = try await steps.start(
            FlightsDemo.drill, ["first": "\(dataset)@1", "second": "\(dataset)@0", "carrier": carrier ?? "all"])
        let end = try await steps.follow(execution, as: name)
        guard end.status == "succeeded", let rollout = try await steps.latestRollout(), rollout.id != before else {
            return DemoReport.BrokenCandidate(
                rolledBack: false, predictionsServed: 0, secondsToRollback: 0,
                reason: "It never reached its canary: \(steps.reason(of: end))")
        }
        let client = steps.cast.amina
        let clock = ContinuousClock()
        let start = clock.now
        var last: RolloutAnswer = try await client.get("/api/v1/rollouts/\(rollout.id)")
        for turn in 0..<(carrier == nil ? 1 : Self.mostMonths) where last.finished == nil {
            _ = try await steps.replay(try month.shifted(byDays: days + turn * DataFaultDrill.days), as: name) { _ in
                let now: RolloutAnswer = try await client.get("/api/v1/rollouts/\(rollout.id)")
                guard now.finished == nil else { return .stop }
                // A real day is longer than the platform needs to look at its labels; few flights are this carrier's, so each day counts.
                if carrier != nil { try await Task.sleep(for: .milliseconds(400)) }
                return .goOn
            }
            last = try await client.get("/api/v1/rollouts/\(rollout.id)")
        }
        let seconds = (clock.now - start) / .seconds(1)
        let served = last.evidence?.candidatePredictions ?? 0
        steps.progress.finish("\(name): \(last.phase) after \(served) predictions. \(last.reason ?? "")")
        return DemoReport.BrokenCandidate(
            rolledBack: last.phase == "rolled-back", predictionsServed: served, secondsToRollback: seconds,
            reason: last.reason ?? last.phase)
    }
}
