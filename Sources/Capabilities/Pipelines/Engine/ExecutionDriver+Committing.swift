// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// What was found and done is saved, in one transaction that holds only while the lease does.
extension ExecutionDriver {
    /// Saves what has changed; when that was the last of it, the execution's end with it.
    func commit(_ driven: inout DrivenExecution) async throws {
        let isOver = driven.state.isOver && driven.inFlight.isEmpty
        let flags = driven.flags
        let status = driven.state.status
        guard isOver || !driven.batch.isEmpty || flags != driven.execution.flags || status != driven.execution.status else { return }
        if isOver, await performer.credentials.wereGiven || driven.isTakenUp {
            try await parts.settings.endCredentials(driven.execution, lease.controller)
        }
        let units = driven.state.takeChanged()
        let batch = driven.batch
        driven.batch = CommitBatch()
        var execution = driven.execution
        (execution.flags, execution.status) = (flags, status)
        let (lease, next) = (lease, execution)
        let saved = try await parts.governor.change(.executionStart, by: lease.controller) { change in
            let table = ExecutionTable(transaction: change.transaction)
            var saved = next
            let asked = try table.standing(lease)
            (saved.wantsCancel, saved.wantsPause) = (asked.wantsCancel, asked.wantsPause)
            try batch.save(saved, in: change)
            if !units.isEmpty { try table.save(units, of: saved.id) }
            if isOver { saved.ended = change.time }
            if isOver || asked.flags != saved.flags || asked.status != saved.status || asked.deadline != saved.deadline {
                try table.save(saved)
            }
            if isOver {
                try change.record("execution.\(saved.status.rawValue)", on: saved.resource, ["pipeline": .string(saved.pipeline)])
                try ExecutionTurns.next(after: saved, in: change)
            }
            return saved
        }
        driven.execution = saved
        for attemptID in batch.endedAttempts { await discard(attemptID) }
        if isOver, driven.isTakenUp { try await clearUp(driven) }
    }

    /// An attempt's log and outputs are kept by then; its folder and record are not needed any more.
    private func discard(_ attemptID: String) async {
        parts.folders.remove(attemptID)
        try? await parts.runner.forget(attemptID)
    }

    /// What an earlier driver did not live to discard.
    private func clearUp(_ driven: DrivenExecution) async throws {
        let id = lease.execution
        let attempts = try await parts.governor.database.read { try ExecutionTable(transaction: $0).attempts(of: id) }
        for attempt in attempts where driven.isCommand(attempt.unit) {
            await discard(performer.attemptID(attempt.unit, attempt.number))
        }
    }
}

extension DrivenExecution {
    var flags: ExecutionFlags {
        var flags: ExecutionFlags = []
        if state.isCancelling { flags.insert(.cancelling) }
        if state.isPaused { flags.insert(.paused) }
        if state.isTimedOut { flags.insert(.timedOut) }
        return flags
    }

    /// Reads everything that is known of the execution.
    ///
    /// - Throws: `LeaseLost`.
    static func load(_ lease: ExecutionLease, _ parts: DriverParts) async throws -> DrivenExecution {
        let stored = try await parts.governor.database.read { transaction in
            let execution = try ExecutionTable(transaction: transaction).require(lease)
            return try StoredExecution.read(execution, in: transaction)
        }
        return try DrivenExecution(stored)
    }

    init(_ stored: StoredExecution) throws(Problem) {
        let pipeline = try PlannedPipelines.shared.plan(stored.version, in: stored.execution.workspace)
        self.init(
            execution: stored.execution, pipeline: pipeline, state: stored.state(of: pipeline.plan), items: stored.lists,
            earlier: Dictionary(stored.earlier.map { ($0.unit, $0) }, uniquingKeysWith: { first, _ in first }),
            earlierItems: stored.earlierLists, isTakenUp: !stored.attempts.isEmpty)
        // All runs first: a step that has ended is gathered from all of them.
        for result in stored.results {
            if let item = result.unit.item {
                itemOutputs[result.unit.step, default: [:]][item] = result.outputs
            } else {
                outputs[result.unit.step] = result.outputs
            }
        }
        for step in stored.lists.keys { gather(step) }
        for attempt in stored.attempts where attempt.ended == nil {
            if case .running(let number)? = state[attempt.unit]?.state, number == attempt.number { open[attempt.unit] = attempt }
        }
    }
}
