// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// `kind: pipeline`: starts an execution of another pipeline, once an attempt, and waits for its end.
///
/// `with`: `pipeline`, and `parameters` by name. Outputs: `execution`, and what the called pipeline declares as its outputs.
struct PipelineCallHandler: StepHandler {
    /// Calls below an execution that nobody called.
    static let maximumDepth = 8

    let governor: Governor

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        let attemptID = work.attemptID
        let found = try await governor.database.read { transaction in
            try ExecutionTable(transaction: transaction).find(calledBy: attemptID).map { execution in
                execution.ended == nil ? nil : try StoredExecution.read(execution, in: transaction)
            }
        }
        switch found {
        case nil:
            try await start(work)
            return .waiting
        case .some(nil): return .waiting
        case .some(let ended?): return try await outcome(of: ended)
        }
    }

    func cancel(_ work: HandledStep) async throws {
        let attemptID = work.attemptID
        _ = try await governor.change(.executionStart, by: .controller("worker", in: work.execution.workspace)) { change in
            if let called = try ExecutionTable(transaction: change.transaction).find(calledBy: attemptID) {
                try change.cancel(called, because: work.execution.resource)
            }
            return Nothing()
        }
    }

    private func start(_ work: HandledStep) async throws {
        guard let pipeline = work.with["pipeline"]?.value?.text else {
            throw Problem(
                .invalid, "pipelines.call.malformed", "Step '\(work.step)' does not say which pipeline to call.",
                fix: "Write 'with: {pipeline: NAME}'.")
        }
        guard work.execution.depth < Self.maximumDepth else {
            throw Problem(
                .rejected, "pipelines.call.tooDeep", "Step '\(work.step)' would be the \(Self.maximumDepth + 1)th call inside another.",
                why: "Pipelines that call each other in a circle would never end.", fix: "Let one of them do the other's steps itself.")
        }
        var parameters: [String: JSONValue] = [:]
        if case .mapping(let members)? = work.with["parameters"] {
            for (name, member) in members {
                // A snapshot is handed on by its id.
                if case .snapshot(let id, _) = member { parameters[name] = .string(id) } else { parameters[name] = member.value ?? .null }
            }
        }
        let given = parameters
        _ = try await governor.change(.executionStart, by: work.caller) { change in
            try Executions.insert(
                pipeline, given, startedBy: work.execution.startedBy, cause: "\(work.execution.resource)/\(work.step)",
                call: (work.attemptID, work.execution.depth + 1), in: change)
        }
    }

    private func outcome(of ended: StoredExecution) async throws -> HandledOutcome {
        let execution = ended.execution
        guard execution.status == .succeeded else {
            return .refused(
                Problem(
                    .rejected, "pipelines.call.\(execution.status.rawValue)",
                    "Execution \(execution.id) of pipeline '\(execution.pipeline)' was \(execution.status.rawValue).",
                    fix: "See why: dhow execution show \(execution.id)."))
        }
        let driven = try DrivenExecution(ended)
        var outputs: [String: StepOutput] = ["execution": .value(.string(execution.id))]
        for (name, binding) in driven.pipeline.specification.outputs {
            switch binding {
            case .output(let step, let output): outputs[name] = driven.outputs[step]?[output] ?? .value(.null)
            case .parameter(let parameter): outputs[name] = .value(execution.parameters[parameter] ?? .null)
            case .value(let value): outputs[name] = .value(value)
            default: outputs[name] = .value(.null)
            }
        }
        return .done(outputs)
    }
}
