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
    /// Seconds that a reader of a log may wait for more.
    private static let longestWait = 20

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
            Route(.post, "/api/v1/executions/{execution}/pause", .permission(.executionStart), handler: pause),
            Route(.post, "/api/v1/executions/{execution}/resume", .permission(.executionStart), handler: resume),
            Route(.post, "/api/v1/executions/{execution}/again", .permission(.executionStart), handler: again),
            Route(.get, "/api/v1/executions/{execution}/explanation", .permission(.pipelineRead), handler: explain),
            Route(.get, "/api/v1/executions/{execution}/reports", .permission(.pipelineRead), handler: reports),
            Route(.get, "/api/v1/executions/{execution}/steps/{step}", .permission(.pipelineRead), handler: showStep),
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
        let report = try await executions.get(try context.parameter("execution"), by: context.caller)
        return try Answer.json(ExecutionAnswer(report.execution, steps: Self.steps(of: report)))
    }

    private func pause(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ExecutionAnswer(try await executions.pause(try context.parameter("execution"), by: context.caller), steps: nil))
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ExecutionAnswer(try await executions.unpause(try context.parameter("execution"), by: context.caller), steps: nil))
    }

    private func again(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(RepeatExecutionRequest.self, of: request, &context)
        let id = try context.parameter("execution")
        guard body.fromFailed == true else {
            let execution = try await executions.repeated(id, parameters: body.parameters ?? [:], by: context.caller)
            return try Answer.json(ExecutionAnswer(execution, steps: nil), status: .created)
        }
        guard body.parameters?.isEmpty ?? true else {
            throw Problem(
                .invalid, "pipelines.execution.changed", "What ended well under other parameters cannot stand.",
                fix: "Leave 'fromFailed' out: steps that the parameters do not concern come from the cache.")
        }
        return try Answer.json(ExecutionAnswer(try await executions.resume(from: id, by: context.caller), steps: nil), status: .created)
    }

    private func explain(_ request: Request, _ context: APIContext) async throws -> Response {
        let steps = try await executions.explain(try context.parameter("execution"), by: context.caller)
        return try Answer.json(
            ExplanationAnswer(
                steps: steps.map { ExplanationAnswer.Step(step: $0.step, state: $0.state, because: $0.because, changes: $0.changes) }))
    }

    /// A step, or `train[3]`, the run of one for an element.
    private func showStep(_ request: Request, _ context: APIContext) async throws -> Response {
        let report = try await executions.get(try context.parameter("execution"), by: context.caller)
        let unit = StepUnit(reading: try context.parameter("step"))
        guard report.state[unit] != nil else {
            let runs = report.state.itemCount(of: unit.step)
            throw Problem(
                .notFound, "pipelines.step.unknown", "Execution '\(report.execution.id)' has no step '\(unit.description.printable)'.",
                fix: runs > 0
                    ? "Its runs are \(unit.step)[0] to \(unit.step)[\(runs - 1)]."
                    : "Its steps are \(report.state.steps.prefix(50).joined(separator: ", ")).")
        }
        let attempts = report.attempts.filter { $0.unit == unit }
        return try Answer.json(Self.answer(for: unit, report, attempts, report.results.first { $0.unit == unit }))
    }

    private func reports(_ request: Request, _ context: APIContext) async throws -> Response {
        let reports = try await executions.reports(of: try context.parameter("execution"), by: context.caller)
        return try Answer.json(Page(items: reports.map { StepReportAnswer($0) }, next: nil))
    }

    private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ExecutionAnswer(try await executions.cancel(try context.parameter("execution"), by: context.caller), steps: nil))
    }

    /// The bytes as the step printed them, whatever they are.
    private func log(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = request.uri.queryParameters
        let patience = min(max(query["wait"].flatMap { Int($0) } ?? 0, 0), Self.longestWait)
        let bytes = try await executions.log(
            of: try context.parameter("execution"), step: try context.parameter("step"), attempt: query["attempt"].flatMap { Int($0) },
            from: query["offset"].flatMap { Int64($0) } ?? 0, limit: query["limit"].flatMap { Int($0) } ?? Self.largestLogPiece,
            patience: .seconds(patience),
            by: context.caller)
        return Answer.data(Data(bytes), type: "application/octet-stream")
    }

    private static func steps(of report: ExecutionReport) -> [StepAnswer] {
        let attempts = Dictionary(grouping: report.attempts, by: \.unit)
        let results = Dictionary(report.results.map { ($0.unit, $0) }, uniquingKeysWith: { first, _ in first })
        let failedRuns = report.attempts.filter { $0.unit.item != nil && report.state[$0.unit]?.state == .failed }
        let firstFailed = Dictionary(failedRuns.map { ($0.unit.step, $0) }, uniquingKeysWith: { $0.unit == $1.unit ? $1 : $0 })
        return report.state.steps.map { step in
            var answer = answer(for: StepUnit(step), report, attempts[StepUnit(step)] ?? [], results[StepUnit(step)])
            if let run = firstFailed[step] { answer.why = "\(run.unit), \(sentence(run))" }
            return answer
        }
    }

    private static func answer(for unit: StepUnit, _ report: ExecutionReport, _ tries: [Attempt], _ result: StepResult?) -> StepAnswer {
        let state = report.state[unit]?.state ?? .waiting
        return StepAnswer(
            name: unit.description, kind: report.kinds[unit.step]?.rawValue ?? "", state: state.word,
            items: unit.item == nil ? report.state.itemCounts(of: unit.step) : nil, attempts: tries.map { AttemptAnswer($0) },
            outputs: result?.outputs.mapValues(\.answer) ?? [:], reusedFrom: result?.reusedFrom,
            why: why(state, tries.last { $0.ended != nil }))
    }

    private static func sentence(_ attempt: Attempt) -> String {
        let outcome = "attempt \(attempt.number): \(attempt.outcome ?? "ended")"
        return attempt.detail.map { "\(outcome), \($0)" } ?? outcome
    }

    private static func why(_ state: StepState, _ last: Attempt?) -> String? {
        switch state {
        case .skipped: "A step it needs did not succeed."
        case .waiting: "A step it needs has not ended."
        case .omitted: "Its condition does not hold, or what it uses was omitted."
        case .ready, .running, .expanded, .failed:
            last.map { "A" + sentence($0).dropFirst() }
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

extension StepReportAnswer {
    init(_ kept: KeptReport) {
        let report = kept.report
        self.init(
            step: kept.unit.description, attempt: kept.attempt, name: kept.name, format: report.format.rawValue, tool: report.tool,
            passed: report.passed, skipped: report.skipped, found: report.found, reusedFrom: kept.reusedFrom,
            findings: report.findings.map {
                Finding(level: $0.level.rawValue, name: $0.name, message: $0.message, file: $0.file, line: $0.line, column: $0.column)
            })
    }
}

extension ExecutionAnswer {
    init(_ execution: Execution, steps: [StepAnswer]?) {
        self.init(
            id: execution.id, pipeline: execution.pipeline, pipelineVersion: execution.pipelineVersion, parameters: execution.parameters,
            status: execution.status.rawValue, startedBy: execution.startedBy.qualifiedName, cause: execution.cause,
            resumes: execution.resumes,
            created: execution.created.milliseconds, ended: execution.ended?.milliseconds, steps: steps)
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
