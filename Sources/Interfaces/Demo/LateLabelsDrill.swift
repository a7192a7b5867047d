// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Synchronization

/// A month whose labels come three days after their flights: while they are missing, nothing may be concluded from those that are there.
struct LateLabelsDrill: Sendable {
    private static let delay = 3
    /// Days of the month after which the window is judged for the first time.
    private static let early = 6

    let steps: Steps
    let month: FlightMonth
    let shift: Int

    func run() async throws -> DemoReport.LateLabels {
        let name = "Drill: labels three days late"
        let month = try month.shifted(byDays: shift)
        let firings = try await steps.firings()
        let window = month.first(days: Self.early).interval
        let early = EarlyLook()
        _ = try await steps.replay(month, as: name, labelDelay: Self.delay) { [steps] day in
            guard early.standing == nil, day.interval.upperBound > window.upperBound else { return .goOn }
            try await steps.flushed()
            let evaluation = try await steps.evaluate(window)
            early.keep(standing(of: evaluation), evaluation.reasons.first ?? "")
            return .goOn
        }
        let started = try await steps.firings().contains { firing in
            firing.execution != nil && !firings.contains { $0.entry == firing.entry }
        }
        let late = try await steps.evaluate(window)
        let reason = "Before its labels: \(early.reason) With them: \(late.reasons.first ?? late.verdict)"
        steps.progress.finish("\(name): \(reason)")
        return DemoReport.LateLabels(
            waited: early.standing == "unknown" && !started, judged: standing(of: late) != "unknown", reason: reason)
    }

    /// What the monitor makes of the log loss: `unknown` while labels are missing.
    private func standing(of evaluation: EvaluationAnswer) -> String {
        evaluation.evidence["performance"]?["standing"]?.text ?? "unknown"
    }

    /// What the early look said.
    private final class EarlyLook: Sendable {
        private let said = Mutex<(standing: String, reason: String)?>(nil)
        var standing: String? { said.withLock { $0?.standing } }
        var reason: String { said.withLock { $0?.reason ?? "" } }

        func keep(_ standing: String, _ reason: String) { said.withLock { $0 = (standing, reason) } }
    }
}
