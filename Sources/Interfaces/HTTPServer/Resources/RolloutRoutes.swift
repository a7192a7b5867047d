// SPDX-License-Identifier: Apache-2.0

import API
package import Delivery
import Domain
import Governance
import Hummingbird

/// Rollouts, and a person's word in them.
package struct RolloutRoutes: RouteGroup {
    private let rollouts: Rollouts

    package init(rollouts: Rollouts) {
        self.rollouts = rollouts
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/rollouts", .permission(.deliveryRead), handler: list),
            Route(.get, "/api/v1/rollouts/{rollout}", .permission(.deliveryRead), handler: show),
            Route(.post, "/api/v1/rollouts/{rollout}/shift", .permission(.rolloutControl), handler: shift),
            Route(.post, "/api/v1/rollouts/{rollout}/resume", .permission(.rolloutControl), handler: resume),
            reasoned("promote") { try await rollouts.promote($0, because: $1, by: $2) },
            reasoned("roll-back") { try await rollouts.rollBack($0, because: $1, by: $2) },
            reasoned("pause") { try await rollouts.pause($0, because: $1, by: $2) },
            reasoned("abort") { try await rollouts.abort($0, because: $1, by: $2) },
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let found = try await rollouts.rollouts(
            endpoint: query.text("endpoint"), after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(found, id: \.id, RolloutAnswer.init))
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(RolloutAnswer(try await rollouts.rollout(try context.parameter("rollout"), by: context.caller)))
    }

    private func shift(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("rollout")
        let body = try await RequestBody.json(ShiftRolloutRequest.self, of: request, &context)
        return try Answer.json(RolloutAnswer(try await rollouts.shift(id, toPercent: body.percent, by: context.caller)))
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(RolloutAnswer(try await rollouts.resume(try context.parameter("rollout"), by: context.caller)))
    }

    /// A command that needs a reason.
    private func reasoned(
        _ verb: String, _ command: @escaping @Sendable (_ id: String, _ reason: String, Caller) async throws -> Rollout
    ) -> Route {
        Route(.post, "/api/v1/rollouts/{rollout}/\(verb)", .permission(.rolloutControl)) { request, context in
            var context = context
            let id = try context.parameter("rollout")
            let body = try await RequestBody.json(RolloutReasonRequest.self, of: request, &context)
            return try Answer.json(RolloutAnswer(try await command(id, body.reason, context.caller)))
        }
    }
}

extension RolloutAnswer {
    init(_ rollout: Rollout) {
        let state = rollout.state
        self.init(
            id: rollout.id, release: rollout.release, endpoint: rollout.endpoint, candidate: rollout.candidate, stable: rollout.stable,
            phase: state.phase.rawValue, percent: state.percent, plan: RolloutPlanBody(state.plan), deadline: state.deadline.milliseconds,
            evidence: rollout.evidence.map { RolloutEvidenceAnswer($0, state.plan) }, started: rollout.started.milliseconds,
            finished: rollout.finished?.milliseconds, reason: rollout.reason)
    }
}

extension RolloutEvidenceAnswer {
    fileprivate init(_ evidence: RolloutEvidence, _ plan: RolloutPlan) {
        self.init(
            candidateLabelled: evidence.candidateLabelled, stableLabelled: evidence.stableLabelled,
            candidatePredictions: evidence.candidatePredictions, candidateInvalid: evidence.candidateInvalid,
            breach: evidence.breach(of: plan))
    }
}

extension RolloutPlanBody {
    fileprivate init(_ plan: RolloutPlan) {
        self.init(
            percents: plan.percents, minimumLabelled: plan.minimumLabelled, alpha: plan.alpha, maximumSeconds: plan.maximumSeconds,
            invalidShare: plan.invalidShare, requiresShownNotWorse: plan.requiresShownNotWorse)
    }
}
