// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// An execution as the database has it.
struct StoredExecution: Sendable {
    var execution: Execution
    var version: PipelineVersion
    var units: [ExecutionState.Saved]
    var lists: [String: [JSONValue]]
    var attempts: [Attempt]
    var results: [StepResult]
    var earlier: [StepResult]
    var earlierLists: [String: [JSONValue]]

    static func read(_ execution: Execution, in transaction: any Transaction) throws -> StoredExecution {
        let table = ExecutionTable(transaction: transaction)
        let pipelines = PipelineTable(transaction: transaction, workspace: execution.workspace)
        guard let version = try pipelines.find(execution.pipeline, execution.pipelineVersion) else {
            throw PipelineTable.unknown(execution.pipeline)
        }
        return StoredExecution(
            execution: execution, version: version, units: try table.units(of: execution.id), lists: try table.lists(of: execution.id),
            attempts: try table.attempts(of: execution.id), results: try table.results(of: execution.id),
            earlier: try execution.resumes.map { try table.results(of: $0) } ?? [],
            earlierLists: try execution.resumes.map { try table.lists(of: $0) } ?? [:])
    }

    func state(of plan: ExecutionPlan) -> ExecutionState {
        ExecutionState(
            plan, asksAll: execution.resumes != nil, saved: units, itemCounts: lists.mapValues(\.count),
            isCancelling: execution.flags.contains(.cancelling), isPaused: execution.flags.contains(.paused),
            isTimedOut: execution.flags.contains(.timedOut))
    }
}
