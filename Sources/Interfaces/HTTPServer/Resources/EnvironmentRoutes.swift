// SPDX-License-Identifier: Apache-2.0

import API
package import Delivery
import Domain
import Governance
import Hummingbird

/// Declared environments, and the brake of each; documents of kind Environment make them.
package struct EnvironmentRoutes: RouteGroup {
    private let environments: Environments

    package init(environments: Environments) {
        self.environments = environments
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/environments", .permission(.deliveryRead), handler: list),
            Route(.get, "/api/v1/environments/{environment}", .permission(.deliveryRead), handler: show),
            reasoned("freeze") { try await environments.freeze($0, because: $1, by: $2) },
            reasoned("unfreeze") { try await environments.thaw($0, because: $1, by: $2) },
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let found = try await environments.environments(after: query.after, limit: query.limit, by: context.caller)
        let answers = try found.map { try EnvironmentAnswer($0) }
        return try Answer.json(query.page(answers, id: \.name) { $0 })
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(
            EnvironmentAnswer(try await environments.environment(try context.parameter("environment"), by: context.caller)))
    }

    private func reasoned(
        _ verb: String, _ command: @escaping @Sendable (_ name: String, _ reason: String, Caller) async throws -> Environments.Overview
    ) -> Route {
        Route(.post, "/api/v1/environments/{environment}/\(verb)", .permission(.rolloutControl)) { request, context in
            var context = context
            let name = try context.parameter("environment")
            let body = try await RequestBody.json(EnvironmentReasonRequest.self, of: request, &context)
            return try Answer.json(EnvironmentAnswer(try await command(name, body.reason, context.caller)))
        }
    }
}

extension EnvironmentAnswer {
    init(_ overview: Environments.Overview) throws {
        let environment = overview.environment
        self.init(
            name: environment.name, specification: try CanonicalSpec.encode(environment.specification), endpoints: overview.endpoints,
            rollouts: overview.activeRollouts.map(\.id), frozen: overview.frozen, frozenBy: environment.freeze?.by,
            frozenSince: environment.freeze?.since.milliseconds, changed: environment.changed.milliseconds)
    }
}
