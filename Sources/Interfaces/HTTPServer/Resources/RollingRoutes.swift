// SPDX-License-Identifier: Apache-2.0

import API
package import Delivery
import Domain
import Governance
import Hummingbird

/// Releases to several endpoints in waves.
package struct RollingRoutes: RouteGroup {
    private let rolling: RollingReleases

    package init(rolling: RollingReleases) {
        self.rolling = rolling
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/rolling-releases", .permission(.deliveryRead), handler: list),
            Route(.post, "/api/v1/rolling-releases", .permission(.releaseCreate), handler: start),
            Route(.get, "/api/v1/rolling-releases/{rolling}", .permission(.deliveryRead), handler: show),
            Route(.post, "/api/v1/rolling-releases/{rolling}/stop", .permission(.rolloutControl), handler: stop),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let found = try await rolling.rollingReleases(after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(found, id: \.id, RollingAnswer.init))
    }

    private func start(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(StartRollingRequest.self, of: request, &context)
        let started = try await rolling.start(
            body.model, version: body.version, gateReport: body.gateReport,
            waves: body.waves.map { wave in wave.map { RollingRelease.Target(endpoint: $0.endpoint, approval: $0.approval) } },
            bakeSeconds: body.bakeSeconds ?? 0, by: context.caller)
        return try Answer.json(RollingAnswer(started), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(RollingAnswer(try await rolling.rollingRelease(try context.parameter("rolling"), by: context.caller)))
    }

    private func stop(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("rolling")
        let body = try await RequestBody.json(StopRollingRequest.self, of: request, &context)
        return try Answer.json(RollingAnswer(try await rolling.stop(id, because: body.reason, by: context.caller)))
    }
}

extension RollingAnswer {
    init(_ rolling: RollingRelease) {
        self.init(
            id: rolling.id, model: rolling.model, version: rolling.version, gateReport: rolling.gateReport,
            waves: rolling.waves.map { wave in
                wave.map { RollingTargetBody(endpoint: $0.endpoint, approval: $0.approval, rollout: $0.rollout) }
            }, bakeSeconds: rolling.bakeSeconds, state: rolling.state.rawValue, begun: rolling.begun, reason: rolling.reason,
            startedBy: rolling.startedBy, started: rolling.started.milliseconds, finished: rolling.finished?.milliseconds)
    }
}
