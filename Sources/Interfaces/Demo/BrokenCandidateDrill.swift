// SPDX-License-Identifier: Apache-2.0

import API
import Client
import Domain

/// A candidate whose conversion swapped the classes, unseen by every offline check: its canary must give the traffic back.
struct BrokenCandidateDrill: Sendable {
    /// After the Celsius drill's month.
    static let days = 62
    let steps: Steps
    let month: FlightMonth

    func run() async throws -> DemoReport.BrokenCandidate {
        let dataset = FlightsDemo.dataset
        let before = try await steps.latestRollout()?.id
        let execution = try await steps.start(FlightsDemo.drill, ["first": "\(dataset)@1", "second": "\(dataset)@0"])
        let end = try await steps.follow(execution, as: "Drill: broken candidate")
        guard end.status == "succeeded", let rollout = try await steps.latestRollout(), rollout.id != before else {
            return DemoReport.BrokenCandidate(
                rolledBack: false, predictionsServed: 0, secondsToRollback: 0,
                reason: "It never reached its canary: \(steps.reason(of: end))")
        }
        let client = steps.cast.amina
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await steps.replay(try month.shifted(byDays: Self.days), as: "Drill: broken candidate") { _ in
            let now: RolloutAnswer = try await client.get("/api/v1/rollouts/\(rollout.id)")
            return now.finished == nil ? .goOn : .stop
        }
        let last: RolloutAnswer = try await client.get("/api/v1/rollouts/\(rollout.id)")
        let seconds = (clock.now - start) / .seconds(1)
        let served = last.evidence?.candidatePredictions ?? 0
        steps.progress.finish("Drill: broken candidate: \(last.phase) after \(served) predictions. \(last.reason ?? "")")
        return DemoReport.BrokenCandidate(
            rolledBack: last.phase == "rolled-back", predictionsServed: served, secondsToRollback: seconds,
            reason: last.reason ?? last.phase)
    }
}
