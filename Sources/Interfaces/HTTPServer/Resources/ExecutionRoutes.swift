// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import Governance
import Hummingbird
package import Pipelines

/// Executions: started, watched, cancelled, and what their steps print.
package struct ExecutionRoutes: RouteGroup {
    private static let largestLogPiece = 1 << 20

    private let executions: Executions

    package init(executions: Executions) {
        self.executions = executions
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/executions", .permission(.pipelineRead), handler: list),
            Route(.post, "/api/v1/executions", .permission(.executionStart), handler: start),
            Route(.get, "/api/v1/executions/{execution}", .permission(.pipelineRead), handler: show),
            Route(.post, "/api/v1/executions/{execution}/cancel", .permission(.executionStart), handler: cancel),
            Route(.get, "/api/v1/executions/{execution}/steps/{step}/log", .permission(.pipelineRead), handler: log),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let found = try await executions.list(
            pipeline: query.text("pipeline"), before: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(found, id: \.id) { ExecutionAnswer($0, steps: nil) })
    }

    private func start(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(StartExecutionRequest.self, of: request, &context)
        let execution = try await executions.start(body.pipeline, parameters: body.parameters ?? [:], by: context.caller)
        return try Answer.json(ExecutionAnswer(execution, steps: nil), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let (execution, attempts, results) = try await executions.get(try context.parameter("execution"), by: context.caller)
        return try Answer.json(ExecutionAnswer(execution, steps: Self.steps(of: execution, attempts, results)))
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ExecutionAnswer(try await executions.cancel(try context.parameter("execution"), by: context.caller), steps: nil))
    }

    /// The bytes as the step printed them, whatever they are.
    private func log(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = request.uri.queryParameters
        let bytes = try await executions.log(
            of: try context.parameter("execution"), step: try context.parameter("step"), attempt: query["attempt"].flatMap { Int($0) },
            from: query["offset"].flatMap { Int64($0) } ?? 0, limit: query["limit"].flatMap { Int($0) } ?? Self.largestLogPiece,
            by: context.caller)
        return Answer.data(Data(bytes), type: "application/octet-stream")
    }

    private static func steps(of execution: Execution, _ attempts: [Attempt], _ results: [StepResult]) -> [StepAnswer] {
        let attempts = Dictionary(grouping: attempts, by: \.step)
        let results = Dictionary(results.map { ($0.step, $0) }, uniquingKeysWith: { first, _ in first })
        return execution.state.steps.map { step in
            let (tries, result) = (attempts[step.name] ?? [], results[step.name])
            return StepAnswer(
                name: step.name, kind: step.kind.rawValue, state: step.state.word, attempts: tries.map { AttemptAnswer($0) },
                outputs: result?.outputs.mapValues(\.answer) ?? [:], reusedFrom: result?.reusedFrom,
                why: why(step.state, tries.last { $0.ended != nil }))
        }
    }

    private static func why(_ state: StepState, _ last: Attempt?) -> String? {
        switch state {
        case .skipped: "A step it needs did not succeed."
        case .waiting: "A step it needs has not ended."
        case .ready, .running, .failed:
            last.map { attempt in
                let outcome = "Attempt \(attempt.number): \(attempt.outcome ?? "ended")"
                return attempt.detail.map { "\(outcome), \($0)" } ?? outcome
            }
        case .succeeded, .reused, .cancelled: nil
        }
    }
}

extension AttemptAnswer {
    init(_ attempt: Attempt) {
        self.init(
            number: attempt.number, started: attempt.started.milliseconds, ended: attempt.ended?.milliseconds, outcome: attempt.outcome,
            detail: attempt.detail)
    }
}

extension ExecutionAnswer {
    init(_ execution: Execution, steps: [StepAnswer]?) {
        self.init(
            id: execution.id, pipeline: execution.pipeline, pipelineVersion: execution.pipelineVersion, parameters: execution.parameters,
            status: execution.status.rawValue, startedBy: execution.startedBy.qualifiedName, cause: execution.cause,
            created: execution.created.milliseconds, ended: execution.ended?.milliseconds, steps: steps)
    }
}

extension StepState {
    fileprivate var word: String {
        switch self {
        case .waiting: "waiting"
        case .ready: "ready"
        case .running: "running"
        case .succeeded: "succeeded"
        case .reused: "reused"
        case .failed: "failed"
        case .skipped: "skipped"
        case .cancelled: "cancelled"
        }
    }
}

extension StepOutput {
    fileprivate var answer: JSONValue {
        switch self {
        case .file(let digest, _): .string(digest.description)
        case .folder(let files): .object(files.mapValues { .string($0.description) })
        case .value(let value): value
        }
    }
}
