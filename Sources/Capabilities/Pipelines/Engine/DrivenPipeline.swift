// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Tracking

/// The version that an execution goes through, and how each of its actions is performed.
struct DrivenPipeline: Sendable {
    let version: PipelineVersion
    let parts: DriverParts
    let lease: ExecutionLease
    private let steps: [String: StepSpecification]
    /// Names of the parameters that are snapshots.
    private let snapshotParameters: [String]

    init(_ execution: Execution, _ parts: DriverParts, _ lease: ExecutionLease) async throws {
        version = try await parts.catalogue.get(execution.pipeline, version: execution.pipelineVersion, by: lease.controller)
        self.parts = parts
        self.lease = lease
        let specification = try PipelineParser.parse(version.document)
        steps = Dictionary(specification.steps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        snapshotParameters = specification.parameters.filter { $0.type == .snapshot }.map(\.name)
    }

    func isCommand(_ name: String) -> Bool { steps[name]?.kind == .command }

    func attemptID(_ name: String, _ number: Int) -> String { StepFolders.attemptID(lease.execution, name, number) }

    /// - Throws: `CancellationError`, or an error of the platform itself; what goes wrong in a step is a report.
    func perform(_ action: ExecutionAction, _ execution: Execution) async throws -> StepReport {
        do {
            switch action {
            case .resolveCache(let name):
                return try await resolveCache(action, try step(name), execution)
            case .start(let name, let number, let pause):
                if pause > 0 { try await parts.clock.sleep(for: .milliseconds(pause)) }
                guard isCommand(name) else { return started(action, name, number) }
                return try await start(action, try step(name), number, execution)
            case .watch(let name, let number):
                guard isCommand(name) else { return try await handle(action, try step(name), number, execution) }
                return try await watch(action, try step(name), number)
            case .stop(let name, let number):
                guard isCommand(name) else { return cancelled(action, name, number) }
                try await stop(name, number)
                return try await watch(action, try step(name), number)
            case .finish:
                return StepReport(action: action)
            }
        } catch let problem as Problem where problem.isPassing {
            return StepReport(action: action, next: .later(problem))
        }
    }

    func stop(_ name: String, _ number: Int) async throws {
        try await parts.runner.cancel(attemptID(name, number), grace: parts.settings.cancelGrace)
    }

    // MARK: handlers

    private func handle(_ action: ExecutionAction, _ step: StepSpecification, _ number: Int, _ execution: Execution) async throws
        -> StepReport
    {
        guard let handler = parts.handlers[step.kind] else {
            throw Problem(.internal, "pipelines.handler.absent", "This worker cannot perform steps of kind '\(step.kind.rawValue)'.")
        }
        do {
            switch try await handler.perform(try await work(step, number, execution)) {
            case .waiting:
                return StepReport(action: action, next: .whenChanged)
            case .refused(let problem):
                return refused(action, step.name, number, problem)
            case .done(let outputs):
                return succeeded(
                    action, step.name, number, StepResult(step: step.name, outputs: outputs, key: nil, reusedFrom: nil), log: nil)
            }
        } catch let problem as Problem where problem.isPassing {
            throw problem
        } catch let problem as Problem where problem.kind != .internal {
            return refused(action, step.name, number, problem)
        } catch let error where !(error is CancellationError) {
            parts.report(lease.execution, error)
            let detail = (error as? Problem)?.description ?? "An unexpected error; the server's log has it."
            return ended(action, step.name, number, .attemptFailed(step: step.name, attempt: number), "failed", detail)
        }
    }

    private func work(_ step: StepSpecification, _ number: Int, _ execution: Execution) async throws -> HandledStep {
        let attemptID = attemptID(step.name, number)
        let with = try await resolver(execution).resolve(step.with)
        // Whoever started the execution may have lost a role since: what counts is what they may do now.
        let principal = execution.startedBy
        let roles = try await parts.governor.database.read { try BindingTable(transaction: $0).roles(of: principal.name) }
        let caller = Caller(
            session: Session(principal: principal, tokenID: nil, roles: roles), workspace: execution.workspace, requestID: execution.id,
            idempotency: IdempotencyKey(key: attemptID, requestDigest: attemptID))
        return HandledStep(
            execution: execution, step: step.name, attemptID: attemptID, with: .mapping(with), caller: caller,
            codeCommit: version.codeCommit,
            snapshots: snapshotParameters.compactMap { execution.parameters[$0]?.text }.filter { !$0.isEmpty })
    }

    // MARK: looking up

    func commandStep(_ step: StepSpecification, _ execution: Execution) async throws -> CommandStep {
        try await CommandStep(step, execution: execution, sources: version.sources, resolver: try await resolver(execution))
    }

    private func resolver(_ execution: Execution) async throws -> BindingResolver {
        let results = try await parts.governor.database.read { try ExecutionTable(transaction: $0).results(of: execution.id) }
        let caller = lease.controller
        let (snapshots, models) = (parts.snapshots, parts.models)
        return BindingResolver(
            execution: execution, results: Dictionary(results.map { ($0.step, $0.outputs) }, uniquingKeysWith: { first, _ in first }),
            snapshotFiles: { id in
                let files = try await snapshots.get(id, by: caller).files
                return Dictionary(files.map { ($0.name, $0.digest) }, uniquingKeysWith: { first, _ in first })
            },
            modelFiles: { model, alias in try await models.version(of: model, alias: alias, in: caller.workspace) })
    }

    private func step(_ name: String) throws -> StepSpecification {
        guard let step = steps[name] else { throw Problem(.internal, "pipelines.step.absent", "Step '\(name)' is not in its pipeline.") }
        return step
    }
}
