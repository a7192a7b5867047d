// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Tracking

/// Runs and what they log: params, metrics and tags.
package struct RunRoutes: RouteGroup {
    /// Series are given with this many points when neither a number nor a page is asked for.
    private static let usualPoints: Int64 = 1_000

    private let runs: RunTracking

    package init(runs: RunTracking) {
        self.runs = runs
    }

    package var routes: [Route] {
        let one = "/api/v1/runs/{run}"
        return [
            Route(.get, "/api/v1/runs", .permission(.trackingRead), handler: list),
            Route(.post, "/api/v1/runs", .permission(.trackingWrite), handler: create),
            Route(.get, one, .permission(.trackingRead)) { _, context in try await answer(context) },
            Route(.patch, one, .permission(.trackingWrite), handler: update),
            Route(.delete, one, .permission(.trackingWrite)) { _, context in
                try await runs.delete(try context.parameter("run"), by: context.caller)
                return try await answer(context)
            },
            Route(.post, one + "/restore", .permission(.trackingWrite)) { _, context in
                try await runs.restore(try context.parameter("run"), by: context.caller)
                return try await answer(context)
            },
            Route(.post, one + "/log", .permission(.trackingWrite), handler: log),
            Route(.get, one + "/params", .permission(.trackingRead)) { _, context in
                try Answer.json(Page(items: RunAnswer(try await run(context)).params))
            },
            Route(.get, one + "/tags", .permission(.trackingRead)) { _, context in
                try Answer.json(Page(items: RunAnswer(try await run(context)).tags))
            },
            Route(.put, one + "/tags/**", .permission(.trackingWrite), handler: setTag),
            Route(.delete, one + "/tags/**", .permission(.trackingWrite)) { _, context in
                try await runs.deleteTag(try context.remainingKey(), of: try context.parameter("run"), by: context.caller)
                return try await answer(context)
            },
            Route(.get, one + "/metrics", .permission(.trackingRead)) { _, context in
                try Answer.json(Page(items: RunAnswer(try await run(context)).metrics))
            },
            Route(.get, one + "/metrics/**", .permission(.trackingRead), handler: series),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let (items, next) = try await runs.search(
            query.text("filter") ?? "", in: try query.experiments(), order: query.order, view: try query.view(),
            after: try query.pageToken(), limit: query.limit, by: context.caller)
        return try Answer.json(Page(items: items.map { RunAnswer($0) }, next: next?.text))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(CreateRunRequest.self, of: request, &context)
        let run = try await runs.create(
            in: body.experiment, name: body.name ?? "", started: body.started.map { Timestamp(milliseconds: $0) }, tags: [Tag](body.tags),
            by: context.caller)
        return try Answer.json(RunAnswer(run), status: .created)
    }

    /// A run that ends without saying when ends now.
    private func update(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("run")
        let body = try await RequestBody.json(UpdateRunRequest.self, of: request, &context)
        let status = try body.status.map { text throws(Problem) in try Run.Status(native: text) }
        let ended = body.ended.map { Timestamp(milliseconds: $0) } ?? (status?.isFinal == true ? runs.now : nil)
        _ = try await runs.update(id, status: status, ended: ended, name: body.name, by: context.caller)
        return try await answer(context)
    }

    private func log(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("run")
        let body = try await RequestBody.json(LogRequest.self, of: request, &context)
        let now = runs.now
        let metrics = body.metrics?.map { metric in
            Metric(
                metric.key, metric.value ?? .nan, time: metric.time.map { Timestamp(milliseconds: $0) } ?? now, step: metric.step ?? 0)
        }
        try await runs.log(RunBatch(params: [Tag](body.params), metrics: metrics ?? [], tags: [Tag](body.tags)), on: id, by: context.caller)
        return try await answer(context)
    }

    private func setTag(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("run")
        let body = try await RequestBody.json(TagValueRequest.self, of: request, &context)
        try await runs.log(RunBatch(tags: [Tag(try context.remainingKey(), body.value)]), on: id, by: context.caller)
        return try await answer(context)
    }

    /// A page of points with `?after=` or `?limit=`; else the whole series thinned to `?points=`.
    private func series(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let (key, run) = (try context.remainingKey(), try context.parameter("run"))
        guard query.after == nil, query.text("limit") == nil else {
            let (items, next) = try await runs.history(
                of: key, in: run, after: try query.pageToken(), limit: query.limit, by: context.caller)
            return try Answer.json(Page(items: items.map { MetricPointBody($0) }, next: next?.text))
        }
        let limit = Int(clamping: try query.integer("points") ?? Self.usualPoints)
        let (points, count) = try await runs.thinnedHistory(of: key, in: run, limit: limit, by: context.caller)
        return try Answer.json(MetricSeriesAnswer(key: key, count: count, points: points.map { MetricPointBody($0) }))
    }

    private func run(_ context: APIContext) async throws -> Run {
        try await runs.get(try context.parameter("run"), by: context.caller)
    }

    private func answer(_ context: APIContext) async throws -> Response {
        try Answer.json(RunAnswer(try await run(context)))
    }
}

extension Run.Status {
    /// - Throws: `Problem` `.invalid` that names the statuses.
    fileprivate init(native text: String) throws(Problem) {
        guard let status = Self.allCases.first(where: { "\($0)" == text }) else {
            throw Problem(
                .invalid, "request.value.unknown", "'\(text.printable)' is not a status of a run.",
                fix: "Use one of \(Self.allCases.map { "\($0)" }.joined(separator: ", ")).")
        }
        self = status
    }
}

extension MetricPointBody {
    init(_ metric: Metric) {
        self.init(value: metric.value.isNaN ? nil : metric.value, step: metric.step, time: metric.time.milliseconds)
    }
}

extension RunAnswer {
    init(_ run: Run) {
        self.init(
            id: run.id, experiment: run.experiment, name: run.name, author: run.author, status: "\(run.status)",
            started: run.started.milliseconds, ended: run.ended?.milliseconds, lifecycle: run.lifecycle.rawValue,
            params: run.params.bodies, tags: run.tags.bodies,
            metrics: run.metrics.map { metric in
                MetricBody(
                    key: metric.key, value: metric.value.isNaN ? nil : metric.value, step: metric.step, time: metric.time.milliseconds)
            },
            inputs: run.inputs.map { input in
                RunInputAnswer(
                    name: input.dataset.name, digest: input.dataset.digest, sourceType: input.dataset.sourceType, context: input.context)
            },
            models: run.models.map { RunModelAnswer(model: $0.model, direction: $0.direction.rawValue, step: $0.step) })
    }
}
