// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Governance
import Hummingbird
package import Registry

/// Versions going from environment to environment, and which stood where when.
package struct TransitionRoutes: RouteGroup {
    private let registry: ModelRegistry

    package init(registry: ModelRegistry) {
        self.registry = registry
    }

    package var routes: [Route] {
        let model = "/api/v1/models/{model}"
        return [
            Route(.post, model + "/versions/{version}/transitions", .permission(.registryWrite), handler: transition),
            Route(.get, model + "/transitions", .permission(.registryRead), handler: list),
            Route(.get, model + "/standing", .permission(.registryRead), handler: standing),
        ]
    }

    private func transition(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let reference = VersionReference(parsing: try context.parameter("version"))
        let body = try await RequestBody.json(TransitionRequest.self, of: request, &context)
        let version = try await registry.version(try context.parameter("model"), reference, by: context.caller)
        let moved = try await registry.transition(
            version.model, version.number, to: try VersionEnvironment.named(body.environment, as: "environment"), because: body.reason,
            replacing: body.replacing ?? false, by: context.caller)
        return try Answer.json(VersionAnswer(moved), status: .created)
    }

    /// Newest first; `?version=` of one version.
    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let model = try await registry.model(try context.parameter("model"), by: context.caller)
        let (items, next) = try await registry.transitions(
            of: model.name, try query.integer("version"), before: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(Page(items: items.map { TransitionAnswer($0) }, next: next))
    }

    /// At the time `?at=`.
    private func standing(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        _ = try query.requiredText("at")
        let time = Timestamp(milliseconds: try query.integer("at") ?? 0)
        let model = try await registry.model(try context.parameter("model"), by: context.caller)
        let items = try await registry.standing(of: model.name, at: time, by: context.caller)
        return try Answer.json(Page(items: items.map { TransitionAnswer($0) }))
    }
}

extension TransitionAnswer {
    init(_ transition: VersionTransition) {
        self.init(
            id: transition.id, model: transition.model, version: transition.number, from: transition.from.rawValue,
            to: transition.to.rawValue, author: transition.author, time: transition.time.milliseconds, reason: transition.reason)
    }
}
