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
            Route(.post, "/api/v1/rollouts/{rollout}/smoke", .permission(.rolloutControl), handler: smoke),
            step("approve-step") { try await rollouts.approveStep($0, percent: $1.percent, because: $1.reason, by: $2) },
            step("retract-step") { try await rollouts.retractStep($0, percent: $1.percent, because: $1.reason, by: $2) },
            Route(.get, "/api/v1/rollouts/{rollout}/replay", .permission(.deliveryRead), handler: replay),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let found = try await rollouts.rollouts(
            endpoint: query.text("endpoint"), after: query.after, limit: query.limit, by: context.caller)
        let answers = try found.map { try RolloutAnswer($0) }
        return try Answer.json(query.page(answers, id: \.id) { $0 })
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        let status = try await rollouts.status(try context.parameter("rollout"), by: context.caller)
        var answer = try RolloutAnswer(status.rollout)
        answer.outlook = RolloutOutlookAnswer(status)
        return try Answer.json(answer)
    }

    private func shift(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("rollout")
        let body = try await RequestBody.json(ShiftRolloutRequest.self, of: request, &context)
        return try Answer.json(
            RolloutAnswer(
                try await rollouts.shift(
                    id, toPercent: body.percent, because: body.reason, by: context.caller)))
    }

    private func resume(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("rollout")
        let body = try await RequestBody.json(ResumeRolloutRequest.self, of: request, &context)
        return try Answer.json(RolloutAnswer(try await rollouts.resume(id, because: body.reason, by: context.caller)))
    }

    private func smoke(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("rollout")
        let body = try await RequestBody.json(SmokeResultRequest.self, of: request, &context)
        return try Answer.json(
            RolloutAnswer(try await rollouts.reportSmoke(id, passed: body.passed, note: body.reason, by: context.caller)))
    }

    private func replay(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(RolloutReplayAnswer(try await rollouts.replay(try context.parameter("rollout"), by: context.caller)))
    }

    private func step(
        _ verb: String, _ command: @escaping @Sendable (_ id: String, StepApprovalRequest, Caller) async throws -> Rollout
    ) -> Route {
        Route(.post, "/api/v1/rollouts/{rollout}/\(verb)", .permission(.approvalDecide)) { request, context in
            var context = context
            let id = try context.parameter("rollout")
            let body = try await RequestBody.json(StepApprovalRequest.self, of: request, &context)
            return try Answer.json(RolloutAnswer(try await command(id, body, context.caller)))
        }
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
    init(_ rollout: Rollout) throws {
        let state = rollout.state
        self.init(
            id: rollout.id, release: rollout.release, endpoint: rollout.endpoint, candidate: rollout.candidate, stable: rollout.stable,
            phase: state.phase.rawValue, percent: state.percent, plan: try RolloutPlanBody(state.plan),
            deadline: state.deadline.milliseconds,
            evidence: rollout.evidence.map { RolloutEvidenceAnswer($0, state) }, started: rollout.started.milliseconds,
            finished: rollout.finished?.milliseconds, reason: rollout.reason)
    }
}

extension RolloutEvidenceAnswer {
    fileprivate init(_ evidence: RolloutEvidence, _ state: RolloutState) {
        self.init(
            candidateLabelled: evidence.candidateLabelled, stableLabelled: evidence.stableLabelled,
            candidatePredictions: evidence.candidatePredictions, candidateInvalid: evidence.candidateInvalid,
            badEvents: evidence.badEvents, logHarm: evidence.logHarm, logLimit: evidence.logLimit(of: state.plan),
            pairs: evidence.pairCount, breach: state.breach(evidence))
    }
}

extension RolloutOutlookAnswer {
    fileprivate init(_ status: RolloutStatus) {
        let state = status.rollout.state
        self.init(
            now: status.now.milliseconds, stepBegan: state.position.stepBegan.milliseconds, nextPercent: state.nextPercent,
            bakesUntil: state.bakesUntil?.milliseconds, waitsFor: status.waitsFor, environment: status.environment, frozen: status.frozen,
            warmUntil: state.position.warmUntil?.milliseconds)
    }
}

extension RolloutReplayAnswer {
    fileprivate init(_ replay: RolloutReplay) {
        self.init(
            rollout: replay.rollout, agrees: replay.agrees,
            steps: replay.steps.map { step in
                Step(
                    number: step.number, time: step.time.milliseconds, decision: step.decision.name, phase: step.phase.rawValue,
                    percent: step.percent, entry: step.entry, faults: step.faults)
            }, faults: replay.faults)
    }
}

extension RolloutPlanBody {
    fileprivate init(_ plan: RolloutPlan) throws {
        self.init(
            strategy: plan.strategy.rawValue, percents: plan.percents, bakeSeconds: plan.bakeSeconds,
            minimumPredictions: plan.minimumPredictions, minimumLabelled: plan.minimumLabelled, minimumPairs: plan.minimumPairs,
            alpha: plan.alpha, maximumSeconds: plan.maximumSeconds, invalidShare: plan.invalidShare, scoreShift: plan.scoreShift,
            requiresShownNotWorse: plan.requiresShownNotWorse, keepWarmSeconds: plan.keepWarmSeconds,
            stepApprovals: plan.stepApprovals.isEmpty ? nil : try plan.stepApprovals.map { try CanonicalSpec.encode($0) },
            segments: try plan.segments.map { try CanonicalSpec.encode($0) },
            latency: try plan.latency.map { try CanonicalSpec.encode($0) }, schemaViolations: plan.schemaViolations,
            saturation: try plan.saturation.map { try CanonicalSpec.encode($0) },
            smokeTests: plan.smokeTests.isEmpty ? nil : try plan.smokeTests.map { try CanonicalSpec.encode($0) },
            guards: plan.guards.isEmpty ? nil : try plan.guards.map { try CanonicalSpec.encode($0) })
    }
}
