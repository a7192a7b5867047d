// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import Governance
import Hummingbird
package import Tracking

/// Experiments and their tags.
package struct ExperimentRoutes: RouteGroup {
    private let experiments: ExperimentTracking

    package init(experiments: ExperimentTracking) {
        self.experiments = experiments
    }

    package var routes: [Route] {
        let one = "/api/v1/experiments/{experiment}"
        return [
            Route(.get, "/api/v1/experiments", .permission(.trackingRead), handler: list),
            Route(.post, "/api/v1/experiments", .permission(.trackingWrite), handler: create),
            Route(.get, one, .permission(.trackingRead), handler: show),
            Route(.patch, one, .permission(.trackingWrite), handler: rename),
            Route(.delete, one, .permission(.trackingWrite)) { _, context in
                try await experiments.delete(try context.experiment(), by: context.caller)
                return try await answer(context)
            },
            Route(.post, one + "/restore", .permission(.trackingWrite)) { _, context in
                try await experiments.restore(try context.experiment(), by: context.caller)
                return try await answer(context)
            },
            Route(.put, one + "/tags/**", .permission(.trackingWrite), handler: setTag),
            Route(.delete, one + "/tags/**", .permission(.trackingWrite)) { _, context in
                try await experiments.deleteTag(try context.remainingKey(), of: try context.experiment(), by: context.caller)
                return try await answer(context)
            },
        ]
    }

    /// With `?name=` the one of that name.
    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        if let name = query.text("name") {
            return try Answer.json(Page(items: [ExperimentAnswer(try await experiments.named(name, by: context.caller))]))
        }
        let (items, next) = try await experiments.search(
            query.text("filter") ?? "", order: query.order, view: try query.view(), after: try query.pageToken(), limit: query.limit,
            by: context.caller)
        return try Answer.json(Page(items: items.map { ExperimentAnswer($0) }, next: next?.text))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(CreateExperimentRequest.self, of: request, &context)
        let experiment = try await experiments.create(body.name, tags: [Tag](body.tags), by: context.caller)
        return try Answer.json(ExperimentAnswer(experiment), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try await answer(context)
    }

    private func rename(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(RenameRequest.self, of: request, &context)
        try await experiments.rename(try context.experiment(), to: body.name, by: context.caller)
        return try await answer(context)
    }

    private func setTag(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(TagValueRequest.self, of: request, &context)
        try await experiments.setTag(Tag(try context.remainingKey(), body.value), on: try context.experiment(), by: context.caller)
        return try await answer(context)
    }

    private func answer(_ context: APIContext) async throws -> Response {
        try Answer.json(ExperimentAnswer(try await experiments.get(try context.experiment(), by: context.caller)))
    }
}

extension APIContext {
    func experiment() throws -> Int64 {
        let text = try parameter("experiment")
        guard let id = Int64(text) else { throw Experiment.unknown(text) }
        return id
    }

    /// A key that `**` caught: it may have parts divided by `/`.
    func remainingKey() throws -> String { try remainingPath().joined(separator: "/") }
}

extension ListQuery {
    /// `?order=metrics.auc DESC, start_time`.
    var order: [String] {
        text("order").map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } } ?? []
    }

    /// `?view=`: what is active unless deleted or all is asked for.
    func view() throws(Problem) -> LifecycleView {
        guard let text = text("view") else { return .active }
        guard let view = LifecycleView(rawValue: text) else {
            throw Problem(.invalid, "request.value.unknown", "'\(text.printable)' is not a view.", fix: "Use active, deleted or all.")
        }
        return view
    }

    func pageToken() throws(Problem) -> PageToken? {
        guard let after else { return nil }
        return try PageToken(after)
    }

    /// `?experiment=3,4`: the experiments that a search is about.
    ///
    /// - Throws: `Problem` `.invalid` when it is absent or holds what is no number.
    func experiments() throws(Problem) -> [Int64] {
        var ids: [Int64] = []
        for part in try requiredText("experiment").split(separator: ",") {
            guard let id = Int64(part), ids.count < 100 else {
                throw Problem(
                    .invalid, "request.query.malformed", "'experiment' takes at most 100 ids of experiments, divided by commas.",
                    why: "'\(String(part).printable)' is not one, or is one too many.")
            }
            ids.append(id)
        }
        return ids
    }
}

extension [Tag] {
    init(_ bodies: [TagBody]?) {
        self = bodies?.map { Tag($0.key, $0.value) } ?? []
    }

    var bodies: [TagBody] { map { TagBody(key: $0.key, value: $0.value) } }
}

extension ExperimentAnswer {
    init(_ experiment: Experiment) {
        var place: String?
        if case .elsewhere(let text) = experiment.location { place = text }
        self.init(
            id: experiment.id, name: experiment.name, lifecycle: experiment.lifecycle.rawValue, place: place,
            created: experiment.created.milliseconds, updated: experiment.updated.milliseconds, tags: experiment.tags.bodies)
    }
}
