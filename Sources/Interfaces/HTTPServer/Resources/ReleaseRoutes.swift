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
        let changes = try body.plan.map { try RolloutPlanChanges($0) }
        let release = try await releases.create(
            NewRelease(
                subject: ReleaseSubject(endpoint: body.endpoint, model: body.model, version: body.version), gateReport: body.gateReport,
                approval: body.approval, supersededRollout: body.supersededRollout, adjust: { changes?.apply(to: &$0) }),
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

/// What a request wants otherwise than the plan that would hold without it.
private struct RolloutPlanChanges: Sendable {
    private let body: RolloutPlanBody
    private let strategy: RolloutStrategy?
    private let stepApprovals: [StepApproval]?
    private let segments: SegmentGuard?
    private let latency: LatencyGuard?
    private let saturation: SaturationGuard?
    private let smokeTests: [SmokeTest]?
    private let guards: [OutsideGuard]?

    /// - Throws: `Problem` `.invalid` for parts that are not of their form.
    init(_ body: RolloutPlanBody) throws {
        self.body = body
        strategy = try body.strategy.map { try RolloutStrategy.named($0, as: "strategy") }
        stepApprovals = try body.stepApprovals?.map { try CanonicalSpec.decode(StepApproval.self, from: $0) }
        segments = try body.segments.map { try CanonicalSpec.decode(SegmentGuard.self, from: $0) }
        latency = try body.latency.map { try CanonicalSpec.decode(LatencyGuard.self, from: $0) }
        saturation = try body.saturation.map { try CanonicalSpec.decode(SaturationGuard.self, from: $0) }
        smokeTests = try body.smokeTests?.map { try CanonicalSpec.decode(SmokeTest.self, from: $0) }
        guards = try body.guards?.map { try CanonicalSpec.decode(OutsideGuard.self, from: $0) }
    }

    func apply(to plan: inout RolloutPlan) {
        if let strategy, strategy != plan.strategy {
            plan.strategy = strategy
            plan.percents = RolloutPlan.percents(of: strategy)
        }
        plan.percents = body.percents ?? plan.percents
        plan.bakeSeconds = body.bakeSeconds ?? plan.bakeSeconds
        plan.minimumPredictions = body.minimumPredictions ?? plan.minimumPredictions
        plan.minimumLabelled = body.minimumLabelled ?? plan.minimumLabelled
        plan.minimumPairs = body.minimumPairs ?? plan.minimumPairs
        plan.alpha = body.alpha ?? plan.alpha
        plan.maximumSeconds = body.maximumSeconds ?? plan.maximumSeconds
        plan.invalidShare = body.invalidShare ?? plan.invalidShare
        plan.scoreShift = body.scoreShift ?? plan.scoreShift
        plan.requiresShownNotWorse = body.requiresShownNotWorse ?? plan.requiresShownNotWorse
        plan.keepWarmSeconds = body.keepWarmSeconds ?? plan.keepWarmSeconds
        plan.stepApprovals = stepApprovals ?? plan.stepApprovals
        plan.segments = segments ?? plan.segments
        plan.latency = latency ?? plan.latency
        plan.schemaViolations = body.schemaViolations ?? plan.schemaViolations
        plan.saturation = saturation ?? plan.saturation
        plan.smokeTests = smokeTests ?? (plan.strategy == .blueGreen ? plan.smokeTests : [])
        plan.guards = guards ?? plan.guards
    }
}
