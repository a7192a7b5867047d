// SPDX-License-Identifier: Apache-2.0

import API
package import Delivery
import Domain
import Governance
import Hummingbird

/// Releases of model versions to endpoints.
package struct ReleaseRoutes: RouteGroup {
    private let releases: Releases

    package init(releases: Releases) {
        self.releases = releases
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/releases", .permission(.deliveryRead), handler: list),
            Route(.post, "/api/v1/releases", .permission(.releaseCreate), handler: create),
            Route(.get, "/api/v1/releases/{release}", .permission(.deliveryRead), handler: show),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let found = try await releases.releases(
            endpoint: query.text("endpoint"), after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(found, id: \.id, ReleaseAnswer.init))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(CreateReleaseRequest.self, of: request, &context)
        let release = try await releases.create(
            NewRelease(
                subject: ReleaseSubject(endpoint: body.endpoint, model: body.model, version: body.version),
                plan: body.plan.map(RolloutPlan.init) ?? RolloutPlan(), gateReport: body.gateReport, approval: body.approval,
                supersededRollout: body.supersededRollout),
            by: context.caller)
        return try Answer.json(ReleaseAnswer(release), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ReleaseAnswer(try await releases.release(try context.parameter("release"), by: context.caller)))
    }
}

extension ReleaseAnswer {
    init(_ release: Release) {
        self.init(
            id: release.id, endpoint: release.subject.endpoint, model: release.subject.model, version: release.subject.version,
            revision: release.revision, rollout: release.rollout, gateReport: release.gateReport, approval: release.approval,
            state: release.state.rawValue, createdBy: release.createdBy, created: release.created.milliseconds,
            finished: release.finished?.milliseconds)
    }
}

extension RolloutPlan {
    fileprivate init(_ body: RolloutPlanBody) {
        let standard = RolloutPlan()
        self.init(
            percents: body.percents ?? standard.percents, minimumLabelled: body.minimumLabelled ?? standard.minimumLabelled,
            alpha: body.alpha ?? standard.alpha, maximumSeconds: body.maximumSeconds ?? standard.maximumSeconds,
            invalidShare: body.invalidShare ?? standard.invalidShare,
            requiresShownNotWorse: body.requiresShownNotWorse ?? standard.requiresShownNotWorse)
    }
}
