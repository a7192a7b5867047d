// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Tracking

/// Drives one execution under a lease until it has ended, the lease is lost or the worker stops: asks the state what to do, does it, and commits
/// what came of it. Everything it knows is in the database or with the step runner, so another driver can go on at any point.
struct ExecutionDriver: Sendable {
    /// What a finished action wants committed.
    private struct Report: Sendable {
        var action: ExecutionAction
        var events: [ExecutionEvent]
        var effect: @Sendable (Change, Execution) throws -> Void = { _, _ in }
        /// Asked again when something has changed.
        var isWaiting = false
    }

    let lease: ExecutionLease
    let governor: Governor
    let catalogue: PipelineCatalogue
    let snapshots: SnapshotCatalogue
    let models: any ModelDirectory
    let runner: any StepRunner
    let transfer: FileTransfer
    let folders: StepFolders
    let handlers: [StepSpecification.Kind: any StepHandler]
    let settings: WorkerSettings
    let clock: any Clock<Duration>

    private var controller: Caller { .controller("worker", in: lease.workspace) }

    func run() async throws {
        let execution = try await load()
        let version = try await catalogue.get(execution.pipeline, version: execution.pipelineVersion, by: controller)
        let plan = try plan(version.document)
        try await withThrowingTaskGroup(of: Report?.self) { group in
            var inFlight: Set<ExecutionAction> = []
            group.addTask { try await tick() }
            var state = execution
            while true {
                for action in state.state.nextActions() where !inFlight.contains(action) {
                    if case .finish = action {
                        try await finish()
                        group.cancelAll()
                        return
                    }
                    // A stop replaces the watch of the same attempt; the watch reports the end.
                    inFlight.insert(action)
                    let execution = state
                    group.addTask { try await perform(action, execution, version, plan) }
                }
                guard let next = try await group.next() else { return }
                guard let report = next else {
                    // The clock's tick: renew the lease, see what others changed (a cancellation), ask the waiting again.
                    state = try await renew()
                    group.addTask { try await tick() }
                    continue
                }
                inFlight.remove(report.action)
                if report.isWaiting {
                    let execution = state
                    inFlight.insert(report.action)
                    group.addTask {
                        try await clock.sleep(for: .milliseconds(200))
                        return try await perform(report.action, execution, version, plan)
                    }
                } else {
                    state = try await commit(report)
                }
            }
        }
    }

    private func tick() async throws -> Report? {
        try await clock.sleep(for: .seconds(1))
        return nil
    }

    // MARK: committing

    private func load() async throws -> Execution {
        let lease = lease
        return try await governor.database.read { try ExecutionTable(transaction: $0).require(lease) }
    }

    private func renew() async throws -> Execution {
        let lease = lease
        let now = governor.clock.now()
        return try await governor.database.write { transaction in
            let table = ExecutionTable(transaction: transaction)
            let execution = try table.require(lease)
            try table.renew(lease, at: now)
            return execution
        }
    }

    private func commit(_ report: Report) async throws -> Execution {
        let lease = lease
        return try await governor.change(.executionStart, by: controller) { change in
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
    }

    private func finish() async throws {
        let lease = lease
        let finished = try await governor.change(.executionStart, by: controller) { change in
            let table = ExecutionTable(transaction: change.transaction)
            var execution = try table.require(lease)
            guard execution.ended == nil else { return execution }
            execution.status = execution.state.status
            execution.ended = change.time
            try table.save(execution)
            try change.record("execution.\(execution.status.rawValue)", on: execution.resource, ["pipeline": .string(execution.pipeline)])
            return execution
        }
        for step in finished.state.steps {
            for number in 1...max(1, step.attempts) {
                let attemptID = StepFolders.attemptID(finished.id, step.name, number)
                folders.remove(attemptID)
                try? await runner.forget(attemptID)
            }
        }
    }

    // MARK: actions

    private func perform(_ action: ExecutionAction, _ execution: Execution, _ version: PipelineVersion, _ plan: [String: StepSpecification])
        async throws -> Report?
    {
        switch action {
        case .resolveCache(let name):
            return try await resolveCache(action, try step(name, plan), execution, version)
        case .start(let name, let attempt, let pause):
            if pause > 0 { try await clock.sleep(for: .milliseconds(pause)) }
            let step = try step(name, plan)
            guard step.kind == .command else { return started(action, name, attempt) }
            return try await start(action, step, attempt, execution, version)
        case .watch(let name, let attempt):
            let step = try step(name, plan)
            if step.kind == .command { return try await watch(action, step, attempt, execution, version) }
            return try await handle(action, step, attempt, execution, version)
        case .stop(let name, let attempt):
            let step = try step(name, plan)
            guard step.kind == .command else { return Report(action: action, events: [.attemptCancelled(step: name, attempt: attempt)]) }
            try await runner.cancel(StepFolders.attemptID(execution.id, name, attempt), grace: settings.cancelGrace)
            return try await watch(action, step, attempt, execution, version)
        case .finish:
            return nil
        }
    }

    private func resolveCache(_ action: ExecutionAction, _ step: StepSpecification, _ execution: Execution, _ version: PipelineVersion)
        async throws -> Report
    {
        let command = try await commandStep(step, execution, version)
        let key = try command.key
        let workspace = lease.workspace
        guard let hit = try await governor.database.read({ try ExecutionTable(transaction: $0).cached(key, in: workspace) }) else {
            return Report(action: action, events: [.cacheMissed(step: step.name)])
        }
        let result = StepResult(step: step.name, outputs: hit.outputs, key: key, reusedFrom: hit.execution)
        return Report(action: action, events: [.cacheHit(step: step.name)]) { change, execution in
            try hold(result, execution, change)
            try ExecutionTable(transaction: change.transaction).insert(result, of: execution.id)
            try change.record(
                "step.reused", on: "\(execution.resource)/\(step.name)", ["from": .string(hit.execution), "key": .string(key.description)])
        }
    }

    /// Submits an attempt that was not submitted before; a running one is only taken note of.
    private func start(
        _ action: ExecutionAction, _ step: StepSpecification, _ number: Int, _ execution: Execution, _ version: PipelineVersion
    ) async throws -> Report {
        let attemptID = StepFolders.attemptID(execution.id, step.name, number)
        do {
            if case .unknown = try await runner.state(of: attemptID) {
                folders.remove(attemptID)
                let folder = folders.folder(attemptID)
                try folders.make(folder)
                try folders.make(folder + "/.tmp")
                let command = try await commandStep(step, execution, version)
                var environment = settings.environment
                environment["HOME"] = folder
                environment["TMPDIR"] = folder + "/.tmp"
                environment["DHOW_EXECUTION"] = execution.id
                environment["DHOW_STEP"] = step.name
                environment.merge(try await settings.credentials(execution, controller)) { _, last in last }
                environment.merge(try await command.layOut(in: folder, transfer)) { _, last in last }
                try await runner.submit(
                    AttemptSpecification(
                        attemptID: attemptID, command: step.command, environment: environment, workingFolder: folder,
                        timeoutSeconds: step.timeoutSeconds))
            }
        } catch let problem as Problem where problem.kind != .unavailable {
            return ended(
                action, step.name, number, .attemptFailed(step: step.name, attempt: number), "failed", problem.description, log: nil)
        }
        return started(action, step.name, number)
    }

    private func started(_ action: ExecutionAction, _ step: String, _ number: Int) -> Report {
        Report(action: action, events: [.attemptStarted(step: step, attempt: number)]) { change, execution in
            let attempt = Attempt(step: step, number: number, started: change.time)
            try ExecutionTable(transaction: change.transaction).insert(attempt, of: execution.id)
            try change.record("attempt.started", on: "\(execution.resource)/\(step)", ["attempt": .integer(Int64(number))])
        }
    }

    private func watch(
        _ action: ExecutionAction, _ step: StepSpecification, _ number: Int, _ execution: Execution, _ version: PipelineVersion
    ) async throws -> Report {
        let attemptID = StepFolders.attemptID(execution.id, step.name, number)
        let end = try await runner.wait(for: attemptID)
        let log = try await keepLog(attemptID)
        switch end {
        case .succeeded:
            return try await collect(action, step, number, execution, version, log: log)
        case .failed(let code):
            return ended(
                action, step.name, number, .attemptFailed(step: step.name, attempt: number), "failed", "exit code \(code)", log: log)
        case .killed(let signal):
            return ended(
                action, step.name, number, .attemptFailed(step: step.name, attempt: number), "killed", "signal \(signal)", log: log)
        case .timedOut:
            return ended(action, step.name, number, .attemptFailed(step: step.name, attempt: number), "timed out", nil, log: log)
        case .cancelled:
            return ended(action, step.name, number, .attemptCancelled(step: step.name, attempt: number), "cancelled", nil, log: log)
        case .lost, .unknown, .running:
            return ended(action, step.name, number, .attemptLost(step: step.name, attempt: number), "lost", nil, log: log)
        }
    }

    /// Stores what the step left and makes it the step's result.
    private func collect(
        _ action: ExecutionAction, _ step: StepSpecification, _ number: Int, _ execution: Execution, _ version: PipelineVersion,
        log: BlobDigest?
    ) async throws -> Report {
        let folder = folders.folder(StepFolders.attemptID(execution.id, step.name, number))
        var outputs: [String: StepOutput] = [:]
        do {
            for (name, output) in step.outputs { outputs[name] = try await transfer.take(folder + "/" + output.path, output: name) }
        } catch let problem as Problem where problem.kind == .rejected {
            return ended(
                action, step.name, number, .attemptFailed(step: step.name, attempt: number), "failed", problem.description, log: log)
        }
        let key = step.isCacheable ? try await commandStep(step, execution, version).key : nil
        let result = StepResult(step: step.name, outputs: outputs, key: key, reusedFrom: nil)
        var report = ended(action, step.name, number, .attemptSucceeded(step: step.name, attempt: number), "succeeded", nil, log: log)
        let effect = report.effect
        report.effect = { change, execution in
            try effect(change, execution)
            try hold(result, execution, change)
            let table = ExecutionTable(transaction: change.transaction)
            try table.insert(result, of: execution.id)
            if let key { try table.remember(key, result.outputs, of: step.name, execution, at: change.time) }
        }
        return report
    }

    private func handle(
        _ action: ExecutionAction, _ step: StepSpecification, _ number: Int, _ execution: Execution, _ version: PipelineVersion
    ) async throws -> Report {
        guard let handler = handlers[step.kind] else {
            throw Problem(.internal, "pipelines.handler.absent", "This worker cannot perform steps of kind '\(step.kind.rawValue)'.")
        }
        let attemptID = StepFolders.attemptID(execution.id, step.name, number)
        do {
            let with = try await resolver(execution).resolve(step.with)
            // Whoever started the execution may have lost a role since: what counts is what they may do now.
            let principal = execution.startedBy
            let roles = try await governor.database.read { try BindingTable(transaction: $0).roles(of: principal.name) }
            var caller = Caller(
                session: Session(principal: principal, tokenID: nil, roles: roles), workspace: execution.workspace, requestID: execution.id)
            caller.idempotency = IdempotencyKey(key: attemptID, requestDigest: attemptID)
            let specification = try PipelineParser.parse(version.document)
            let snapshots = specification.parameters.filter { $0.type == .snapshot }.compactMap { execution.parameters[$0.name]?.text }
            let work = HandledStep(
                execution: execution, step: step.name, attemptID: attemptID, with: .mapping(with), caller: caller,
                codeCommit: version.codeCommit,
                snapshots: snapshots.filter { !$0.isEmpty })
            switch try await handler.perform(work) {
            case .waiting:
                return Report(action: action, events: [], isWaiting: true)
            case .refused(let problem):
                return ended(
                    action, step.name, number, .attemptRefused(step: step.name, attempt: number), "refused", problem.description, log: nil)
            case .done(let outputs):
                let result = StepResult(step: step.name, outputs: outputs, key: nil, reusedFrom: nil)
                var report = ended(
                    action, step.name, number, .attemptSucceeded(step: step.name, attempt: number), "succeeded", nil, log: nil)
                let effect = report.effect
                report.effect = { change, execution in
                    try effect(change, execution)
                    try ExecutionTable(transaction: change.transaction).insert(result, of: execution.id)
                }
                return report
            }
        } catch let problem as Problem where ![.unavailable, .internal, .storageFull].contains(problem.kind) {
            return ended(
                action, step.name, number, .attemptRefused(step: step.name, attempt: number), "refused", problem.description, log: nil)
        } catch let problem as Problem {
            return ended(
                action, step.name, number, .attemptFailed(step: step.name, attempt: number), "failed", problem.description, log: nil)
        }
    }

    private func ended(
        _ action: ExecutionAction, _ step: String, _ number: Int, _ event: ExecutionEvent, _ outcome: String, _ detail: String?,
        log: BlobDigest?
    ) -> Report {
        Report(action: action, events: [event]) { change, execution in
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
    }

    private func hold(_ result: StepResult, _ execution: Execution, _ change: Change) throws {
        let references = BlobReferenceTable(transaction: change.transaction)
        for blob in Set(result.outputs.values.flatMap(\.blobs)) { try references.hold(blob, by: "step/\(execution.id)/\(result.step)") }
    }

    private func keepLog(_ attemptID: String) async throws -> BlobDigest? {
        guard case .unknown = try await runner.state(of: attemptID) else {
            return try await transfer.blobs.put(RunnerLog(runner: runner, attemptID: attemptID), limit: 1 << 30).digest
        }
        return nil
    }

    // MARK: looking up

    private func commandStep(_ step: StepSpecification, _ execution: Execution, _ version: PipelineVersion) async throws -> CommandStep {
        try await CommandStep(step, execution: execution, sources: version.sources, resolver: try await resolver(execution))
    }

    private func resolver(_ execution: Execution) async throws -> BindingResolver {
        let results = try await governor.database.read { try ExecutionTable(transaction: $0).results(of: execution.id) }
        let caller = controller
        let (snapshots, models) = (snapshots, models)
        return BindingResolver(
            execution: execution, results: Dictionary(results.map { ($0.step, $0.outputs) }, uniquingKeysWith: { first, _ in first }),
            snapshotFiles: { id in
                let files = try await snapshots.get(id, by: caller).files
                return Dictionary(files.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
            },
            modelFiles: { model, alias in try await models.version(of: model, alias: alias, in: caller.workspace) })
    }

    private func plan(_ document: String) throws -> [String: StepSpecification] {
        let specification = try PipelineParser.parse(document)
        return Dictionary(specification.steps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func step(_ name: String, _ plan: [String: StepSpecification]) throws -> StepSpecification {
        guard let step = plan[name] else { throw Problem(.internal, "pipelines.step.absent", "Step '\(name)' is not in its pipeline.") }
        return step
    }
}

/// An attempt's output as the runner has it, in pieces.
private struct RunnerLog: AsyncSequence, Sendable {
    let runner: any StepRunner
    let attemptID: String

    struct AsyncIterator: AsyncIteratorProtocol {
        let runner: any StepRunner
        let attemptID: String
        var offset: Int64 = 0

        mutating func next() async throws -> [UInt8]? {
            let bytes = try await runner.log(of: attemptID, from: offset, limit: 256 << 10)
            offset += Int64(bytes.count)
            return bytes.isEmpty ? nil : bytes
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(runner: runner, attemptID: attemptID) }
}
