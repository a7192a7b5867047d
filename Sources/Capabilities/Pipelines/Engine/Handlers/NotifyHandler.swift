// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// `kind: notify`: leaves a message in the ledger, as the event `notification.sent`, which webhooks bring to whom it concerns.
///
/// `with`: `to` (a name or a list of names that webhooks can be chosen by), `message`.
struct NotifyHandler: StepHandler {
    static let longestMessage = 4096

    let governor: Governor

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        guard let message = work.with["message"]?.value, let text = try? CommandContract.text(message), !text.isEmpty,
            text.utf8.count <= Self.longestMessage
        else {
            throw Problem(
                .invalid, "pipelines.notify.malformed", "Step '\(work.step)' has no message of 1 to \(Self.longestMessage) bytes.",
                fix: "Write 'with: {to: NAME, message: TEXT}'.")
        }
        let names: [JSONValue] =
            switch work.with["to"]?.value {
            case .string(let name)?: [.string(name)]
            case .array(let names)?: names.filter { $0.text != nil }
            default: []
            }
        _ = try await governor.change(.executionStart, by: work.caller) { change in
            try change.record(
                "notification.sent", on: "\(work.execution.resource)/\(work.step)",
                ["to": .array(names), "message": .string(text), "pipeline": .string(work.execution.pipeline)])
            return Nothing()
        }
        return .done([:])
    }
}
