// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
package import Governance
package import Pipelines
import Tracking

/// The events of one execution, in the order of their times, made one by one as they are asked for.
package struct ExecutionLineage: Sendable {
    private enum Moment: Sendable {
        case execution(LineageEvents.Kind, Timestamp)
        case attempt(Int, isEnd: Bool)
        /// Of a unit whose earlier result stands, which has no times of its own.
        case reused(Int, LineageEvents.Kind)
    }

    private let events: LineageEvents
    private let report: ExecutionReport
    private let results: [StepUnit: Int]
    private let moments: [Moment]

    init(_ events: LineageEvents, _ report: ExecutionReport) {
        self.events = events
        self.report = report
        results = Dictionary(report.results.indices.map { (report.results[$0].unit, $0) }, uniquingKeysWith: { first, _ in first })
        var timed: [(time: Timestamp, rank: Int, moment: Moment)] = []
        let execution = report.execution
        timed.append((execution.created, 0, .execution(.start, execution.created)))
        for (index, result) in report.results.enumerated() where result.reusedFrom != nil {
            timed.append((execution.created, 1, .reused(index, .start)))
            timed.append((execution.created, 2, .reused(index, .complete)))
        }
        for (index, attempt) in report.attempts.enumerated() {
            timed.append((attempt.started, 3, .attempt(index, isEnd: false)))
            if let ended = attempt.ended { timed.append((ended, 4, .attempt(index, isEnd: true))) }
        }
        if let ended = execution.ended, let kind = LineageEvents.Kind(execution.status) {
            timed.append((ended, 5, .execution(kind, ended)))
        }
        moments = timed.sorted { ($0.time, $0.rank) < ($1.time, $1.rank) }.map(\.moment)
    }

    package var count: Int { moments.count }

    package subscript(index: Int) -> JSONValue {
        switch moments[index] {
        case .execution(let kind, let time): return events.ofExecution(kind, at: time)
        case .attempt(let index, let isEnd):
            let attempt = report.attempts[index]
            let isResult = isEnd && attempt.outcome == "succeeded"
            let outputs = isResult ? results[attempt.unit].map { report.results[$0].outputs } : nil
            return events.ofAttempt(attempt, isEnd: isEnd, outputs: outputs ?? [:])
        case .reused(let index, let kind):
            let result = report.results[index]
            return events.ofUnit(result.unit, attempt: 0, kind, at: report.execution.created, outputs: result.outputs)
        }
    }
}

/// The use case of reading them.
package struct LineageExport: Sendable {
    private let governor: Governor
    private let executions: Executions
    private let source: LineageEvents.Source

    package init(governor: Governor, executions: Executions, source: LineageEvents.Source) {
        self.governor = governor
        self.executions = executions
        self.source = source
    }

    package func lineage(of execution: String, by caller: Caller) async throws -> ExecutionLineage {
        let report = try await executions.get(execution, by: caller)
        let pipeline = try PlannedPipelines.shared.plan(report.version, in: caller.workspace)
        let source = source
        let events = try await governor.read(.pipelineRead, by: caller) {
            try LineageEvents(source, report.execution, pipeline, in: $0)
        }
        return ExecutionLineage(events, report)
    }
}

extension LineageEvents {
    init(_ source: Source, _ execution: Execution, _ pipeline: PlannedPipeline, in transaction: any Transaction) throws {
        let table = SnapshotTable(transaction: transaction, workspace: execution.workspace)
        var snapshots: [String: Snapshot] = [:]
        for id in Self.snapshotIDs(execution, pipeline) { snapshots[id] = try table.find(id) }
        self.init(source: source, execution: execution, pipeline: pipeline, snapshots: snapshots)
    }
}
