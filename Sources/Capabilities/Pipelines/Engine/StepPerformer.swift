// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Tracking

/// Performs the attempts of one execution: what goes wrong in a step is an `AttemptEnd`, what goes wrong in the platform is thrown.
struct StepPerformer: Sendable {
    private static let pauseAfterProblem = Duration.seconds(2)

    let parts: DriverParts
    let lease: ExecutionLease
    let pipeline: PlannedPipeline
    let credentials: StepCredentialsOnce

    func attemptID(_ unit: StepUnit, _ number: Int) -> String { StepFolders.attemptID(lease.execution, unit, number) }

    // MARK: commands

    /// Runs an attempt to its end; one that runs already is only watched.
    ///
    /// - Parameters:
    ///   - prepared: What the key was made of; found again when nil.
    ///   - isOurs: This worker noted it: an attempt that the runner does not know was never submitted. Else it is lost.
    func run(_ unit: StepUnit, _ number: Int, _ prepared: CommandStep?, isOurs: Bool, _ resolver: BindingResolver) async throws
        -> AttemptEnd
    {
        let attemptID = attemptID(unit, number)
        let step = pipeline.steps[unit.step] ?? StepSpecification(name: unit.step)
        do {
            return try await insisting {
                if case .unknown = try await parts.runner.state(of: attemptID) {
                    guard isOurs else { return AttemptEnd(unit: unit, number: number, outcome: .lost) }
                    let command: CommandStep
                    if let prepared {
                        command = prepared
                    } else {
                        command = try await CommandStep(step, pipeline.version.sources, resolver)
                    }
                    try await submit(command, attemptID, resolver.execution)
                }
                return try await watch(step, unit, number, attemptID)
            }
        } catch let problem as Problem {
            return AttemptEnd(unit: unit, number: number, outcome: .failed, detail: problem.description)
        }
    }

    func stop(_ unit: StepUnit, _ number: Int) async throws {
        try await parts.runner.cancel(attemptID(unit, number), grace: parts.settings.cancelGrace)
    }

    private func submit(_ command: CommandStep, _ attemptID: String, _ execution: Execution) async throws {
        try parts.folders.make(attemptID)
        let folder = parts.folders.work(attemptID)
        var environment = parts.settings.environment
        environment["HOME"] = folder
        environment["TMPDIR"] = folder + "/.tmp"
        environment["DHOW_EXECUTION"] = execution.id
        environment["DHOW_STEP"] = command.step.name
        environment.merge(try await credentials.variables(execution, lease.controller)) { _, last in last }
        environment.merge(try await command.layOut(in: folder, parts.transfer)) { _, last in last }
        for (variable, name) in command.step.secrets { environment[variable] = try await parts.settings.secret(name, execution.workspace) }
        try await parts.runner.submit(
            AttemptSpecification(
                attemptID: attemptID, command: command.step.command, environment: environment, workingFolder: folder,
                timeoutSeconds: command.step.timeoutSeconds, memoryBytes: command.step.resources.memoryBytes))
    }

    private func watch(_ step: StepSpecification, _ unit: StepUnit, _ number: Int, _ attemptID: String) async throws -> AttemptEnd {
        let state = try await parts.runner.wait(for: attemptID)
        let log = try await keepLog(attemptID, state)
        func end(_ outcome: AttemptEnd.Outcome, _ detail: String? = nil) -> AttemptEnd {
            AttemptEnd(unit: unit, number: number, outcome: outcome, detail: detail, log: log)
        }
        switch state {
        case .succeeded:
            do {
                var made = end(.succeeded)
                for (name, output) in step.outputs {
                    made.outputs[name] = try await parts.transfer.take(
                        parts.folders.work(attemptID) + "/" + output.path, output: name, of: output.type)
                }
                return made
            } catch let problem as Problem where [.rejected, .tooLarge].contains(problem.kind) {
                return end(.failed, problem.description)
            }
        case .failed(let code): return end(.failed, "exit code \(code)")
        case .killed(let signal): return end(.killed, "signal \(signal)")
        case .timedOut: return end(.timedOut, step.timeoutSeconds.map { "after \($0) seconds" })
        case .cancelled: return end(.cancelled)
        case .lost, .unknown, .running: return end(.lost)
        }
    }

    /// Nil when it printed nothing.
    private func keepLog(_ attemptID: String, _ state: AttemptState) async throws -> BlobDigest? {
        guard state != .unknown, try await !parts.runner.log(of: attemptID, from: 0, limit: 1).isEmpty else { return nil }
        return try await parts.transfer.blobs.put(RunnerLog(runner: parts.runner, attemptID: attemptID), limit: RunnerLog.limit).digest
    }

    // MARK: the engine's own kinds

    /// Nil when there is nothing to do until something changes.
    func handle(_ unit: StepUnit, _ number: Int, _ resolver: BindingResolver) async throws -> AttemptEnd? {
        let step = pipeline.steps[unit.step] ?? StepSpecification(name: unit.step)
        guard let handler = parts.handlers[step.kind] else {
            throw Problem(.internal, "pipelines.handler.absent", "This worker cannot perform steps of kind '\(step.kind.rawValue)'.")
        }
        do {
            return try await insisting {
                switch try await handler.perform(try await work(step, unit, number, resolver)) {
                case .waiting: nil
                case .refused(let problem):
                    AttemptEnd(unit: unit, number: number, outcome: .refused, detail: problem.description)
                case .done(let outputs): AttemptEnd(unit: unit, number: number, outcome: .succeeded, outputs: outputs)
                }
            }
        } catch let problem as Problem where problem.kind != .internal {
            return AttemptEnd(unit: unit, number: number, outcome: .refused, detail: problem.description)
        } catch let error where !(error is CancellationError) {
            parts.report(lease.execution, error)
            let detail = (error as? Problem)?.description ?? "An unexpected error; the server's log has it."
            return AttemptEnd(unit: unit, number: number, outcome: .failed, detail: detail)
        }
    }

    /// Ends what a handler that waits has begun elsewhere.
    func cancel(_ unit: StepUnit, _ number: Int, _ resolver: BindingResolver) async throws {
        let step = pipeline.steps[unit.step] ?? StepSpecification(name: unit.step)
        try await insisting { try await parts.handlers[step.kind]?.cancel(try await work(step, unit, number, resolver)) }
    }

    private func work(_ step: StepSpecification, _ unit: StepUnit, _ number: Int, _ resolver: BindingResolver) async throws -> HandledStep {
        let attemptID = attemptID(unit, number)
        let with = try await resolver.resolve(step.with)
        // Whoever started the execution may have lost a role since: what counts is what they may do now.
        let execution = resolver.execution
        let principal = execution.startedBy
        let roles = try await parts.governor.database.read { try BindingTable(transaction: $0).roles(of: principal.name) }
        let caller = Caller(
            session: Session(principal: principal, tokenID: nil, roles: roles), workspace: execution.workspace, requestID: execution.id,
            idempotency: IdempotencyKey(key: attemptID, requestDigest: attemptID))
        let snapshots = pipeline.specification.parameters.filter { $0.type == .snapshot }
            .compactMap { execution.parameters[$0.name]?.text }.filter { !$0.isEmpty }
        return HandledStep(
            execution: execution, step: unit.description, attemptID: attemptID, with: .mapping(with), caller: caller,
            codeCommit: pipeline.version.codeCommit, snapshots: snapshots)
    }

    // MARK: what does not answer

    /// Does it again, after pauses, while a store or service does not answer: that costs the step nothing.
    private func insisting<Result>(_ body: () async throws -> Result) async throws -> Result {
        while true {
            do {
                return try await body()
            } catch let problem as Problem where problem.isPassing {
                parts.report(lease.execution, problem)
                try await parts.clock.sleep(for: Self.pauseAfterProblem)
            }
        }
    }
}

extension Problem {
    /// Says nothing about the step: trying the same again later is right.
    var isPassing: Bool { [.unavailable, .storageFull, .exhausted].contains(kind) }
}

/// An attempt's output as the runner has it, in pieces.
private struct RunnerLog: AsyncSequence, Sendable {
    /// 1 GiB; the rest of a longer one is left out.
    static let limit: Int64 = 1 << 30
    private static let piece = 256 << 10

    let runner: any StepRunner
    let attemptID: String

    struct AsyncIterator: AsyncIteratorProtocol {
        let runner: any StepRunner
        let attemptID: String
        var offset: Int64 = 0

        mutating func next() async throws -> [UInt8]? {
            let limit = Swift.min(Int64(RunnerLog.piece), RunnerLog.limit - offset)
            guard limit > 0 else { return nil }
            let bytes = try await runner.log(of: attemptID, from: offset, limit: Int(limit))
            offset += Int64(bytes.count)
            return bytes.isEmpty ? nil : bytes
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(runner: runner, attemptID: attemptID) }
}
