// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// What actions come to, with what is saved beside the new state.
extension DrivenPipeline {
    func started(_ action: ExecutionAction, _ step: String, _ number: Int) -> StepReport {
        StepReport(action: action, events: [.attemptStarted(step: step, attempt: number)]) { change, execution in
            let attempt = Attempt(step: step, number: number, started: change.time)
            try ExecutionTable(transaction: change.transaction).insert(attempt, of: execution.id)
            try change.record("attempt.started", on: "\(execution.resource)/\(step)", ["attempt": .integer(Int64(number))])
        }
    }

    func succeeded(_ action: ExecutionAction, _ step: String, _ number: Int, _ result: StepResult, log: BlobDigest?) -> StepReport {
        ended(action, step, number, .attemptSucceeded(step: step, attempt: number), "succeeded", nil, log: log)
            .adding { change, execution in
                try Self.hold(result, of: execution, in: change)
                let table = ExecutionTable(transaction: change.transaction)
                try table.insert(result, of: execution.id)
                if let key = result.key { try table.remember(key, result.outputs, of: step, execution, at: change.time) }
            }
    }

    func refused(_ action: ExecutionAction, _ step: String, _ number: Int, _ problem: Problem) -> StepReport {
        ended(action, step, number, .attemptRefused(step: step, attempt: number), "refused", problem.description)
    }

    func cancelled(_ action: ExecutionAction, _ step: String, _ number: Int) -> StepReport {
        ended(action, step, number, .attemptCancelled(step: step, attempt: number), "cancelled", nil)
    }

    func ended(
        _ action: ExecutionAction, _ step: String, _ number: Int, _ event: ExecutionEvent, _ outcome: String, _ detail: String?,
        log: BlobDigest? = nil
    ) -> StepReport {
        var report = StepReport(action: action, events: [event]) { change, execution in
            let table = ExecutionTable(transaction: change.transaction)
            // The attempt may never have been noted: it failed before it started.
            try table.insert(Attempt(step: step, number: number, started: change.time), of: execution.id)
            try table.end(step, number, of: execution.id, at: change.time, outcome: outcome, detail: detail, log: log)
            if let log {
                try BlobReferenceTable(transaction: change.transaction).hold(log, by: "log/\(execution.id)/\(step)/\(number)")
            }
            try change.record(
                "attempt.ended", on: "\(execution.resource)/\(step)", ["attempt": .integer(Int64(number)), "outcome": .string(outcome)])
        }
        if isCommand(step) { report.endedAttempt = attemptID(step, number) }
        return report
    }

    static func hold(_ result: StepResult, of execution: Execution, in change: Change) throws {
        let references = BlobReferenceTable(transaction: change.transaction)
        for blob in Set(result.outputs.values.flatMap(\.blobs)) { try references.hold(blob, by: "step/\(execution.id)/\(result.step)") }
    }
}
