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
        let open = try table.open(specification.name, in: change.workspace).filter { $0.status != .queued }
        guard open.count >= rule.limit else { return false }
        switch rule.policy {
        case .queue: return true
        case .refuse:
            throw Problem(
                .conflict, "pipelines.concurrency.full", "Pipeline '\(specification.name)' goes on already.",
                why: "\(open.count) of its executions are open, and it allows \(rule.limit).",
                fix: "Wait for their end, or cancel one: dhow execution cancel \(open[0].id).")
        case .replace:
            // Those that are ending already make room too.
            let staying = open.filter { !$0.wantsCancel }
            for old in staying.prefix(max(0, staying.count - rule.limit + 1)) { try change.cancel(old, because: "replaced") }
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
