// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// Drives one execution under a lease until it has ended, the lease is lost or the worker stops: asks the state what to do, does it, and commits
/// what came of it. Everything it knows is in the database or with the step runner, so another driver can go on at any point.
struct ExecutionDriver: Sendable {
    private enum Signal: Sendable {
        case report(StepReport)
        /// Something was committed in this process.
        case woken
        case tick
        case nothing
    }

    /// What is being done. An action stays in `inFlight` until its report is committed, also while it waits.
    private struct Work {
        var inFlight: Set<ExecutionAction> = []
        var waiting: Set<ExecutionAction> = []
    }

    static let interval = Duration.seconds(1)
    /// Commits that follow each other closely are looked at once.
    private static let calm = Duration.milliseconds(200)
    private static let pauseAfterProblem = Duration.seconds(2)

    let lease: ExecutionLease
    let parts: DriverParts
    /// Yields after commits.
    let wakes: AsyncStream<Void>

    /// - Throws: `LeaseLost`, `CancellationError`, or what kept the execution from being read or saved.
    func run() async throws {
        let execution = try await load()
        let pipeline = try await DrivenPipeline(execution, parts, lease)
        defer { parts.slots.vacate(of: lease.execution) }
        try await withThrowingTaskGroup(of: Signal.self) { group in
            var state = execution
            var work = Work()
            var renewed = parts.governor.clock.now()
            group.addTask { try await tick() }
            group.addTask { try await nextWake() }
            while true {
                for action in state.state.nextActions() where !work.inFlight.contains(action) {
                    if case .finish = action {
                        group.cancelAll()
                        while await group.nextResult() != nil {}
                        return try await finish(state)
                    }
                    begin(action, state, pipeline, &work, &group)
                }
                guard let signal = try await group.next() else { return }
                switch signal {
                case .nothing: continue
                case .tick:
                    let now = parts.governor.clock.now()
                    let isDue = now >= renewed + ExecutionLease.renewal
                    state = try await isDue ? renew(at: now) : load()
                    if isDue { renewed = now }
                    askWaiting(state, pipeline, &work, &group)
                    group.addTask { try await tick() }
                case .woken:
                    state = try await load()
                    askWaiting(state, pipeline, &work, &group)
                    group.addTask { try await nextWake() }
                case .report(let report):
                    if let settled = settle(report, state, pipeline, &work, &group) { state = try await commit(settled) }
                }
            }
        }
    }

    // MARK: doing

    private func begin(
        _ action: ExecutionAction, _ state: Execution, _ pipeline: DrivenPipeline, _ work: inout Work,
        _ group: inout ThrowingTaskGroup<Signal, any Error>
    ) {
        let isWatched = action.watched.map { work.inFlight.contains($0) } ?? false
        work.inFlight.insert(action)
        if case .stop(let name, let number) = action, isWatched {
            if let watch = action.watched, work.waiting.remove(watch) != nil {
                // A handler that only waits is not asked again.
                group.addTask { .report(pipeline.cancelled(action, name, number)) }
            } else if pipeline.isCommand(name) {
                group.addTask {
                    try await pipeline.stop(name, number)
                    return .nothing
                }
            }
            // What is being watched or handled says how it ended.
            return
        }
        group.addTask { .report(try await pipeline.perform(action, state)) }
    }

    /// - Returns: What is to be committed now, if anything.
    private func settle(
        _ report: StepReport, _ state: Execution, _ pipeline: DrivenPipeline, _ work: inout Work,
        _ group: inout ThrowingTaskGroup<Signal, any Error>
    ) -> StepReport? {
        if case .watch(let name, let number) = report.action, !report.isToCommit, !pipeline.isCommand(name),
            work.inFlight.contains(.stop(step: name, attempt: number))
        {
            return pipeline.cancelled(report.action, name, number)
        }
        switch report.next {
        case .commit:
            work.inFlight.remove(report.action)
            return report
        case .whenChanged:
            work.waiting.insert(report.action)
        case .later(let problem):
            parts.report(lease.execution, problem)
            group.addTask {
                try await parts.clock.sleep(for: Self.pauseAfterProblem)
                return .report(try await pipeline.perform(report.action, state))
            }
        }
        return nil
    }

    private func askWaiting(
        _ state: Execution, _ pipeline: DrivenPipeline, _ work: inout Work, _ group: inout ThrowingTaskGroup<Signal, any Error>
    ) {
        for action in work.waiting { group.addTask { .report(try await pipeline.perform(action, state)) } }
        work.waiting = []
    }

    private func tick() async throws -> Signal {
        try await parts.clock.sleep(for: Self.interval)
        return .tick
    }

    private func nextWake() async throws -> Signal {
        try await parts.clock.sleep(for: Self.calm)
        for await _ in wakes { return .woken }
        throw CancellationError()
    }

    // MARK: committing

    private func load() async throws -> Execution {
        let lease = lease
        return try await parts.governor.database.read { try ExecutionTable(transaction: $0).require(lease) }
    }

    private func renew(at now: Timestamp) async throws -> Execution {
        let lease = lease
        return try await parts.governor.database.write { transaction in
            let table = ExecutionTable(transaction: transaction)
            let execution = try table.require(lease)
            try table.renew(lease, at: now)
            return execution
        }
    }

    private func commit(_ report: StepReport) async throws -> Execution {
        let lease = lease
        let saved = try await parts.governor.change(.executionStart, by: lease.controller) { change in
            let table = ExecutionTable(transaction: change.transaction)
            var execution = try table.require(lease)
            var changed = false
            for event in report.events where execution.state.apply(event) { changed = true }
            if changed {
                execution.status = execution.state.status
                try report.effect(change, execution)
                try table.save(execution)
            }
            return execution
        }
        if let attemptID = report.endedAttempt { await discard(attemptID) }
        return saved
    }

    /// Stops what was begun without anyone noting it, clears up, and closes the execution. Doing it again is harmless.
    private func finish(_ state: Execution) async throws {
        for attemptID in attempts(of: state) {
            if try await parts.runner.state(of: attemptID) == .running {
                try await parts.runner.cancel(attemptID, grace: parts.settings.cancelGrace)
                _ = try await parts.runner.wait(for: attemptID)
            }
            await discard(attemptID)
        }
        try await parts.settings.endCredentials(state, lease.controller)
        let lease = lease
        _ = try await parts.governor.change(.executionStart, by: lease.controller) { change in
            let table = ExecutionTable(transaction: change.transaction)
            var execution = try table.require(lease)
            guard execution.ended == nil else { return execution }
            execution.status = execution.state.status
            execution.ended = change.time
            try table.save(execution)
            try change.record("execution.\(execution.status.rawValue)", on: execution.resource, ["pipeline": .string(execution.pipeline)])
            return execution
        }
    }

    /// An attempt's log and outputs are kept by then; its folder and record are not needed any more.
    private func discard(_ attemptID: String) async {
        parts.slots.vacate(attemptID)
        parts.folders.remove(attemptID)
        try? await parts.runner.forget(attemptID)
    }

    /// All attempts of commands there may have been, with the one that may have begun unnoted.
    private func attempts(of state: Execution) -> [String] {
        state.state.steps.filter { $0.kind == .command }.flatMap { step in
            (1...step.attempts + 1).map { StepFolders.attemptID(state.id, step.name, $0) }
        }
    }
}

extension ExecutionLease {
    var controller: Caller { .controller("worker", in: workspace) }
}

extension StepReport {
    fileprivate var isToCommit: Bool { if case .commit = next { true } else { false } }
}

extension ExecutionAction {
    /// The watch of the attempt that a stop is about.
    fileprivate var watched: ExecutionAction? {
        if case .stop(let step, let attempt) = self { .watch(step: step, attempt: attempt) } else { nil }
    }
}
