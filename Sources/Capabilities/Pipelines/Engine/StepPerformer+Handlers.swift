// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// The engine's own kinds.
extension StepPerformer {
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
}
