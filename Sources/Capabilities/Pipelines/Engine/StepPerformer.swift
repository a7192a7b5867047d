// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Tracking

/// Performs the attempts of one execution: what goes wrong in a step is an `UnitEnd`, what goes wrong in the platform is thrown.
struct StepPerformer: Sendable {
    private static let pauseAfterProblem = Duration.seconds(2)

    let parts: DriverParts
    let lease: ExecutionLease
    let pipeline: PlannedPipeline
    let credentials: StepCredentialsOnce
    let logs = KeptLogs()

    func attemptID(_ unit: StepUnit, _ number: Int) -> String { StepFolders.attemptID(lease.execution, unit, number) }

    // MARK: commands

    /// Runs an attempt to its end; one that runs already is only watched.
    ///
    /// - Parameters:
    ///   - prepared: What the key was made of; found again when nil.
    ///   - isOurs: This worker noted it: an attempt that the runner does not know was never submitted. Else it is lost.
    func run(_ unit: StepUnit, _ number: Int, _ prepared: CommandStep?, isOurs: Bool, _ resolver: BindingResolver) async throws
        -> UnitEnd
    {
        let attemptID = attemptID(unit, number)
        let step = pipeline.steps[unit.step] ?? StepSpecification(name: unit.step)
        do {
            return try await insisting {
                if case .unknown = try await parts.runner.state(of: attemptID) {
                    guard isOurs else { return UnitEnd(unit: unit, number: number, outcome: .lost) }
                    let command: CommandStep
                    if let prepared {
                        command = prepared
                    } else {
                        command = try await CommandStep(step, pipeline.version.sources, resolver)
                    }
                    try await submit(command, unit, number, resolver.execution)
                }
                return try await watch(step, unit, number, attemptID)
            }
        } catch let problem as Problem {
            return UnitEnd(unit: unit, number: number, outcome: .failed, detail: problem.description)
        }
    }

    func stop(_ unit: StepUnit, _ number: Int) async throws {
        try await parts.runner.cancel(attemptID(unit, number), grace: parts.settings.cancelGrace)
    }

    private func submit(_ command: CommandStep, _ unit: StepUnit, _ number: Int, _ execution: Execution) async throws {
        let attemptID = attemptID(unit, number)
        try parts.folders.make(attemptID)
        let folder = parts.folders.work(attemptID)
        var environment = parts.settings.environment
        environment["HOME"] = folder
        environment["TMPDIR"] = folder + "/.tmp"
        environment["DHOW_EXECUTION"] = execution.id
        environment["DHOW_STEP"] = command.step.name
        environment.merge(try await credentials.variables(execution, lease.controller)) { _, last in last }
        environment.merge(try await command.layOut(in: folder, parts.transfer)) { _, last in last }
        try await placeCheckpoint(command.step, unit, number, in: folder, &environment)
        for (variable, name) in command.step.secrets {
            environment[variable] = try await parts.settings.secret(name, execution.workspace)
        }
        let request = command.step.resources
        try await parts.runner.submit(
            AttemptSpecification(
                attemptID: attemptID, command: try await parts.runtimes.command(of: command, environment: &environment),
                environment: environment, workingFolder: folder, timeoutSeconds: command.step.timeoutSeconds,
                resources: AttemptResources(
                    cpuMilli: request.cpuMilli, memoryBytes: request.memoryBytes,
                    gpus: request.gpuCount > 0 ? parts.gpus.assign(request.gpuCount, of: request.gpuKind, to: attemptID) : nil,
                    diskBytes: request.diskBytes),
                grace: parts.settings.cancelGrace))
    }

    /// Gives an attempt what the one before it left at its checkpoint.
    private func placeCheckpoint(
        _ step: StepSpecification, _ unit: StepUnit, _ number: Int, in folder: String, _ environment: inout [String: String]
    ) async throws {
        guard let checkpoint = step.checkpoint else { return }
        let path = folder + "/" + checkpoint
        environment[CommandContract.checkpointVariable] = path
        guard number > 1 else { return }
        let execution = lease.execution
        let attempts = try await parts.governor.database.read { try ExecutionTable(transaction: $0).attempts(of: unit, execution) }
        guard let left = attempts.last(where: { $0.number < number && $0.checkpoint != nil })?.checkpoint else { return }
        try await parts.transfer.place(left, at: path)
    }

    private func watch(_ step: StepSpecification, _ unit: StepUnit, _ number: Int, _ attemptID: String) async throws -> UnitEnd {
        let state = try await parts.runner.wait(for: attemptID)
        let log = try await keepLog(of: step, attemptID, state)
        func end(_ outcome: UnitEnd.Outcome, _ detail: String? = nil) -> UnitEnd {
            UnitEnd(unit: unit, number: number, outcome: outcome, detail: detail, log: log)
        }
        var ended: UnitEnd
        switch state {
        case .succeeded:
            do {
                var made = end(.succeeded)
                for (name, output) in step.outputs {
                    made.outputs[name] = try await parts.transfer.take(
                        parts.folders.work(attemptID) + "/" + output.path, output: name, of: output.type)
                }
                try await recordSnapshots(of: step, made.outputs)
                return made
            } catch let problem as Problem where [.rejected, .tooLarge].contains(problem.kind) {
                return end(.failed, problem.description)
            }
        case .failed(let code): ended = end(.failed, "exit code \(code)")
        case .killed(let signal): ended = end(.killed, "signal \(signal)")
        case .timedOut: ended = end(.timedOut, step.timeoutSeconds.map { "after \($0) seconds" })
        case .cancelled: ended = end(.cancelled)
        case .lost, .unknown, .running: ended = end(.lost)
        }
        if let limit = try await parts.runner.end(of: attemptID)?.limit {
            ended.detail = [ended.detail, limit.sentence].compactMap { $0 }.joined(separator: "; ")
        }
        if let checkpoint = step.checkpoint {
            // None, or one that cannot be taken, only means that the next attempt begins anew.
            ended.checkpoint = try? await parts.transfer.take(
                parts.folders.work(attemptID) + "/" + checkpoint, output: "checkpoint", of: .any)
        }
        return ended
    }

    /// Outputs of type snapshot are recorded, with the labels of the snapshots that the execution was started with.
    private func recordSnapshots(of step: StepSpecification, _ outputs: [String: StepOutput]) async throws {
        for (name, output) in step.outputs where output.type == .snapshot {
            guard let dataset = output.dataset, let made = outputs[name] else { continue }
            var files: [(name: String, blob: BlobInfo)] = []
            switch made {
            case .file(let digest, _): files = [((output.path as NSString).lastPathComponent, try await info(of: digest))]
            case .folder(let members):
                for (path, digest) in members.sorted(by: { $0.key < $1.key }) { files.append((path, try await info(of: digest))) }
            case .value: continue
            }
            let labels = try await inheritedLabels(of: step)
            _ = try await parts.snapshots.record(
                dataset: dataset, files: files, jurisdiction: labels.jurisdiction, classifications: labels.classifications,
                by: lease.controller)
        }
    }

    private func info(of digest: BlobDigest) async throws -> BlobInfo {
        guard let info = try await parts.transfer.blobs.info(digest) else {
            throw Problem(.internal, "pipelines.output.absent", "An output that was just stored is not there.")
        }
        return info
    }

    private func inheritedLabels(of step: StepSpecification) async throws -> (jurisdiction: String?, classifications: [String]) {
        let execution = lease.execution
        let parameters = try await parts.governor.database.read { try ExecutionTable(transaction: $0).find(execution)?.parameters ?? [:] }
        var jurisdictions: Set<String> = []
        var classifications: Set<String> = []
        for parameter in pipeline.specification.parameters where parameter.type == .snapshot {
            guard let id = parameters[parameter.name]?.text, !id.isEmpty else { continue }
            let labels = try await parts.snapshots.get(id, by: lease.controller).labels
            if let jurisdiction = labels.jurisdiction { jurisdictions.insert(jurisdiction) }
            classifications.formUnion(labels.classifications)
        }
        guard jurisdictions.count <= 1 else {
            throw Problem(
                .rejected, "pipelines.output.jurisdictions",
                "The snapshot that step '\(step.name)' leaves would have several jurisdictions.",
                why: "The execution uses data of \(jurisdictions.sorted().joined(separator: ", ")).",
                fix: "Make snapshots of data of one jurisdiction at a time.")
        }
        return (jurisdictions.first, classifications.sorted())
    }

    // MARK: logs

    /// Nil when it printed nothing, or when what is secret in it is not known any more.
    private func keepLog(of step: StepSpecification, _ attemptID: String, _ state: AttemptState) async throws -> LogArchive? {
        guard state != .unknown, try await !parts.runner.log(of: attemptID, from: 0, limit: 1).isEmpty,
            let runner = try await masked(step)
        else { return nil }
        return try await LogArchiver(runner: runner, blobs: parts.transfer.blobs, clock: parts.clock)
            .archive(attemptID, after: logs.latest(of: attemptID)) { _ in }
    }

    /// Keeps the log of an attempt while it goes on.
    func archive(_ unit: StepUnit, _ number: Int, after earlier: LogArchive?, _ keep: @escaping @Sendable (LogArchive) -> Void) async {
        let attemptID = attemptID(unit, number)
        do {
            guard let runner = try await masked(pipeline.steps[unit.step] ?? StepSpecification(name: unit.step)) else { return }
            try await LogArchiver(runner: runner, blobs: parts.transfer.blobs, clock: parts.clock)
                .archive(attemptID, after: earlier ?? LogArchive()) { archive in
                    guard !archive.isComplete else { return }
                    logs.keep(archive, of: attemptID)
                    keep(archive)
                }
        } catch {
            // What is not kept now is kept at the attempt's end.
            logs.end(attemptID)
        }
    }

    private func masked(_ step: StepSpecification) async throws -> (any StepRunner)? {
        guard !step.secrets.isEmpty else { return parts.runner }
        var values: [String] = []
        for name in step.secrets.values.sorted() {
            do {
                values.append(try await parts.settings.secret(name, lease.workspace))
            } catch let problem as Problem where problem.kind == .notFound {
                return nil
            }
        }
        return MaskedRunner(runner: parts.runner, mask: SecretMask(values))
    }

    // MARK: the engine's own kinds

    /// Nil when there is nothing to do until something changes.
    func handle(_ unit: StepUnit, _ number: Int, _ resolver: BindingResolver) async throws -> UnitEnd? {
        let step = pipeline.steps[unit.step] ?? StepSpecification(name: unit.step)
        guard let handler = parts.handlers[step.kind] else {
            throw Problem(.internal, "pipelines.handler.absent", "This worker cannot perform steps of kind '\(step.kind.rawValue)'.")
        }
        do {
            return try await insisting {
                switch try await handler.perform(try await work(step, unit, number, resolver)) {
                case .waiting: nil
                case .refused(let problem):
                    UnitEnd(unit: unit, number: number, outcome: .refused, detail: problem.description)
                case .done(let outputs): UnitEnd(unit: unit, number: number, outcome: .succeeded, outputs: outputs)
                }
            }
        } catch let problem as Problem where problem.kind != .internal {
            return UnitEnd(unit: unit, number: number, outcome: .refused, detail: problem.description)
        } catch let error where !(error is CancellationError) {
            parts.report(lease.execution, error)
            let detail = (error as? Problem)?.description ?? "An unexpected error; the server's log has it."
            return UnitEnd(unit: unit, number: number, outcome: .failed, detail: detail)
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
