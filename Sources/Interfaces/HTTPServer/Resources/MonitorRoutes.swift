// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import Governance
import Hummingbird
package import Monitoring
import NIOCore
import NIOFoundationCompat

/// Monitors, their baselines and evaluations.
package struct MonitorRoutes: RouteGroup {
    /// Profiles carry samples, files of scored rows many lines.
    private static let baselineLimit = 64 << 20

    private let monitors: Monitors

    package init(monitors: Monitors) {
        self.monitors = monitors
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/monitors", .permission(.monitoringRead), handler: list),
            Route(.post, "/api/v1/monitors", .permission(.monitorWrite), handler: apply),
            Route(.put, "/api/v1/monitors", .permission(.monitorWrite), handler: apply),
            Route(.get, "/api/v1/monitors/{monitor}", .permission(.monitoringRead), handler: show),
            Route(.get, "/api/v1/monitors/{monitor}/baselines", .permission(.monitoringRead), handler: listBaselines),
            Route(
                .post, "/api/v1/monitors/{monitor}/baselines", .permission(.monitorWrite), bodyLimit: Self.baselineLimit, handler: rebase),
            Route(
                .put, "/api/v1/monitors/{monitor}/baselines/{model}/{version}", .permission(.monitorWrite), bodyLimit: Self.baselineLimit,
                handler: rebaseFromFile),
            Route(.get, "/api/v1/monitors/{monitor}/evaluations", .permission(.monitoringRead), handler: listEvaluations),
            Route(.post, "/api/v1/monitors/{monitor}/evaluations", .permission(.monitorWrite), handler: evaluate),
            Route(.get, "/api/v1/monitors/{monitor}/measurements", .permission(.monitoringRead), handler: measurements),
            Route(.get, "/api/v1/monitors/{monitor}/rules", .permission(.monitoringRead), handler: rules),
            Route(.get, "/api/v1/monitors/{monitor}/expectation", .permission(.monitoringRead), handler: expectation),
            Route(.get, "/api/v1/monitors/{monitor}/labels", .permission(.monitoringRead), handler: labels),
            Route(.get, "/api/v1/evaluations/{evaluation}", .permission(.monitoringRead), handler: showEvaluation),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let monitors = try await monitors.monitors(after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(try monitors.map(MonitorAnswer.init), id: \.name) { $0 })
    }

    private func apply(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let specification = try await RequestBody.json(MonitorSpecification.self, of: request, &context)
        return try Answer.json(MonitorAnswer(try await monitors.apply(specification, by: context.caller)))
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(MonitorAnswer(try await monitors.monitor(try context.parameter("monitor"), by: context.caller)))
    }

    private func listBaselines(_ request: Request, _ context: APIContext) async throws -> Response {
        let baselines = try await monitors.baselines(of: try context.parameter("monitor"), by: context.caller)
        return try Answer.json(Page(items: try baselines.map(BaselineAnswer.init)))
    }

    private func rebase(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let name = try context.parameter("monitor")
        let body = try await RequestBody.json(RebaseRequest.self, of: request, &context)
        let baseline: Baseline
        switch (body.profile, body.windowStart, body.windowEnd) {
        case (let profile?, nil, nil):
            baseline = try await monitors.rebase(
                name, model: body.model, version: body.version, try profile.decoded(as: BaselineProfile.self), by: context.caller)
        case (nil, let start?, let end?):
            let window = Window(start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end))
            baseline = try await monitors.rebase(
                name, model: body.model, version: body.version, fromWindow: window, by: context.caller)
        default:
            throw Problem(
                .invalid, "monitoring.baseline.source", "It is not said what the baseline is made from.",
                fix: "Give 'windowStart' and 'windowEnd', or 'profile'; or PUT a CSV file of scored rows.")
        }
        return try Answer.json(BaselineAnswer(baseline), status: .created)
    }

    /// The body is a CSV file; `?score=` and `?label=` name its columns.
    private func rebaseFromFile(_ request: Request, _ context: APIContext) async throws -> Response {
        let text = String(buffer: try await RequestBody.bytes(of: request, context))
        let query = request.uri.queryParameters
        let version = try context.parameter("version")
        guard let number = Int(version) else {
            throw Problem(.invalid, "monitoring.baseline.version", "'\(version.printable)' is not the number of a version.")
        }
        let baseline = try await monitors.rebase(
            try context.parameter("monitor"), model: try context.parameter("model"), version: number, fromCSV: text,
            score: query["score"].map(String.init) ?? "score", label: query["label"].map(String.init) ?? "label", by: context.caller)
        return try Answer.json(BaselineAnswer(baseline), status: .created)
    }

    private func listEvaluations(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let evaluations = try await monitors.evaluations(
            of: try context.parameter("monitor"), after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(try evaluations.map(EvaluationAnswer.init), id: \.id) { $0 })
    }

    private func evaluate(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let name = try context.parameter("monitor")
        let body = try await RequestBody.json(EvaluateRequest.self, of: request, &context)
        let window = Window(start: Timestamp(milliseconds: body.start), end: Timestamp(milliseconds: body.end))
        return try Answer.json(EvaluationAnswer(try await monitors.evaluate(name, window, by: context.caller)), status: .created)
    }

    /// `?subject=` is `feature/NAME`, `score` or `performance`; `?name=` such as `stability-excess` or `log-loss`.
    private func measurements(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let line = try await monitors.measurements(
            of: try context.parameter("monitor"), subject: try query.requiredText("subject"), try query.requiredText("name"),
            limit: query.limit, by: context.caller)
        return try Answer.json(
            Page(
                items: line.map {
                    MeasurementAnswer(evaluation: $0.evaluation, windowStart: $0.windowStart.milliseconds, value: $0.value)
                }))
    }

    private func rules(_ request: Request, _ context: APIContext) async throws -> Response {
        let records = try await monitors.rules(of: try context.parameter("monitor"), by: context.caller)
        return try Answer.json(Page(items: records.map(RuleRecordAnswer.init)))
    }

    private func expectation(_ request: Request, _ context: APIContext) async throws -> Response {
        let expectations = try await monitors.expectation(of: try context.parameter("monitor"), by: context.caller)
        return try Answer.json(Page(items: expectations.map(ExpectationAnswer.init)))
    }

    /// `?start=` and `?end=`, in milliseconds; without them the last 30 cohorts.
    private func labels(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        var span: Window?
        switch (try query.integer("start"), try query.integer("end")) {
        case (nil, nil): break
        case (let start?, let end?): span = Window(start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: end))
        default:
            throw Problem(.invalid, "request.query.missing", "A span has a 'start' and an 'end'.", fix: "Give both, or neither.")
        }
        return try Answer.json(
            LabelReportAnswer(try await monitors.labels(of: try context.parameter("monitor"), in: span, by: context.caller)))
    }

    private func showEvaluation(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(EvaluationAnswer(try await monitors.evaluation(try context.parameter("evaluation"), by: context.caller)))
    }
}
