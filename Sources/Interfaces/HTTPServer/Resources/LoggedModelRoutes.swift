// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Tracking

/// Models as training programs wrote them, beside their runs.
package struct LoggedModelRoutes: RouteGroup {
    private let models: LoggedModelTracking

    package init(models: LoggedModelTracking) {
        self.models = models
    }

    package var routes: [Route] {
        let one = "/api/v1/logged-models/{model}"
        return [
            Route(.get, "/api/v1/logged-models", .permission(.trackingRead), handler: list),
            Route(.post, "/api/v1/logged-models", .permission(.trackingWrite), handler: create),
            Route(.get, one, .permission(.trackingRead)) { _, context in
                try Answer.json(LoggedModelAnswer(try await models.get(try context.parameter("model"), by: context.caller)))
            },
            Route(.patch, one, .permission(.trackingWrite), handler: finish),
            Route(.delete, one, .permission(.trackingWrite)) { _, context in
                let model = try await models.get(try context.parameter("model"), by: context.caller)
                try await models.delete(model.id, by: context.caller)
                return try Answer.json(LoggedModelAnswer(model))
            },
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let order = try query.order.map { text throws(Problem) in try FilterParser.sortTerm(in: text) }
        let (items, next) = try await models.search(
            query.text("filter") ?? "", in: try query.experiments(), order: order, after: try query.pageToken(), limit: query.limit,
            by: context.caller)
        return try Answer.json(Page(items: items.map { LoggedModelAnswer($0) }, next: next?.text))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(CreateLoggedModelRequest.self, of: request, &context)
        let model = try await models.create(
            body.name, in: body.experiment, type: body.type, run: body.run, params: [Tag](body.params), tags: [Tag](body.tags),
            by: context.caller)
        return try Answer.json(LoggedModelAnswer(model), status: .created)
    }

    private func finish(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("model")
        let body = try await RequestBody.json(FinishLoggedModelRequest.self, of: request, &context)
        guard let status = LoggedModel.Status.allCases.first(where: { "\($0)" == body.status }) else {
            throw Problem(
                .invalid, "request.value.unknown", "'\(body.status.printable)' is not a status of a logged model.",
                fix: "Use one of \(LoggedModel.Status.allCases.map { "\($0)" }.joined(separator: ", ")).")
        }
        return try Answer.json(LoggedModelAnswer(try await models.finish(id, as: status, by: context.caller)))
    }
}

extension LoggedModelAnswer {
    init(_ model: LoggedModel) {
        self.init(
            id: model.id, experiment: model.experiment, name: model.name, type: model.type, run: model.run, status: "\(model.status)",
            created: model.created.milliseconds, updated: model.updated.milliseconds, params: model.params.bodies, tags: model.tags.bodies,
            metrics: model.metrics.map { item in
                LoggedModelMetricAnswer(
                    key: item.metric.key, value: item.metric.value.isNaN ? nil : item.metric.value, step: item.metric.step,
                    time: item.metric.time.milliseconds, run: item.run)
            })
    }
}
