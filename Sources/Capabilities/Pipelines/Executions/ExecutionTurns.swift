// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// How many executions of a pipeline go on at a time.
enum ExecutionTurns {
    /// Makes room for an execution that is about to be started, or lets it wait.
    ///
    /// - Returns: Whether it is to wait.
    /// - Throws: `Problem` `.conflict` when the pipeline refuses more.
    static func enter(_ specification: PipelineSpecification, in change: Change) throws -> Bool {
        guard let rule = specification.concurrency else { return false }
        let table = ExecutionTable(transaction: change.transaction)
        let open = try table.open(specification.name, in: change.workspace)
        guard open.count >= rule.limit else { return false }
        switch rule.policy {
        case .queue: return true
        case .refuse:
            throw Problem(
                .conflict, "pipelines.concurrency.full", "Pipeline '\(specification.name)' goes on already.",
                why: "\(open.count) of its executions are open, and it allows \(rule.limit).",
                fix: "Wait for their end, or cancel one: dhow execution cancel \(open[0].id).")
        case .replace:
            for old in open.prefix(open.count - rule.limit + 1) {
                try table.ask(old.id, cancel: true, pause: false)
                try change.record("execution.cancelling", on: old.resource, ["because": "replaced"])
            }
            return false
        }
    }

    /// Gives the turn of an execution that has ended to the one that has waited longest.
    static func next(after execution: Execution, in change: Change) throws {
        let table = ExecutionTable(transaction: change.transaction)
        guard var next = try table.queued(execution.pipeline, in: execution.workspace, limit: 1).first else { return }
        next.status = .running
        try table.save(next)
    }
}
