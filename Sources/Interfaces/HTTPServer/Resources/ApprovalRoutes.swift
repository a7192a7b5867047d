// SPDX-License-Identifier: Apache-2.0

import API
package import Delivery
import Domain
import Governance
import Hummingbird

/// Approvals: asked for, looked at, decided, withdrawn.
package struct ApprovalRoutes: RouteGroup {
    private let approvals: Approvals
    private let links: ApprovalLinks

    package init(approvals: Approvals, links: ApprovalLinks) {
        self.approvals = approvals
        self.links = links
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/approvals", .permission(.deliveryRead), handler: list),
            Route(.post, "/api/v1/approvals", .permission(.gateEvaluate), handler: ask),
            Route(.get, "/api/v1/approvals/{approval}", .permission(.deliveryRead), handler: show),
            Route(.post, "/api/v1/approvals/{approval}/decision", .permission(.approvalDecide), handler: decide),
            Route(.delete, "/api/v1/approvals/{approval}/decision", .permission(.approvalDecide), handler: retract),
            Route(.post, "/api/v1/approvals/{approval}/withdrawal", .permission(.gateEvaluate), handler: withdraw),
            Route(.post, "/api/v1/approvals/{approval}/links", .permission(.gateEvaluate), handler: makeLink),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let found = try await approvals.approvals(
            state: try query.choice("state", of: Approval.State.self), endpoint: query.text("endpoint"), after: query.after,
            limit: query.limit, by: context.caller)
        return try Answer.json(query.page(found, id: \.id, ApprovalAnswer.init))
    }

    private func ask(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(RequestApprovalRequest.self, of: request, &context)
        var rule = ApprovalRule(
            approvers: body.approvers ?? [], roles: try (body.roles ?? []).map { try Role.named($0, as: "roles") },
            count: body.count ?? 1, remindAfterSeconds: body.remindAfterSeconds)
        if let seconds = body.lifetimeSeconds { rule.lifetimeSeconds = seconds }
        let approval = try await approvals.request(
            for: ReleaseSubject(endpoint: body.endpoint, model: body.model, version: body.version), gateReport: body.gateReport,
            rule: rule, by: context.caller)
        return try Answer.json(ApprovalAnswer(approval), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ApprovalAnswer(try await approvals.approval(try context.parameter("approval"), by: context.caller)))
    }

    private func decide(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("approval")
        let body = try await RequestBody.json(DecideApprovalRequest.self, of: request, &context)
        let decision = try Approval.Decision.named(body.decision, as: "decision")
        return try Answer.json(ApprovalAnswer(try await approvals.decide(id, decision, comment: body.comment, by: context.caller)))
    }

    private func withdraw(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ApprovalAnswer(try await approvals.withdraw(try context.parameter("approval"), by: context.caller)))
    }

    private func retract(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ApprovalAnswer(try await approvals.retract(try context.parameter("approval"), by: context.caller)))
    }

    private func makeLink(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let id = try context.parameter("approval")
        let body = try await RequestBody.json(MakeApprovalLinkRequest.self, of: request, &context)
        let (text, grant) = try await links.make(for: id, to: body.principal, by: context.caller)
        return try Answer.json(
            ApprovalLinkAnswer(
                id: grant.id, approval: grant.approval, principal: grant.principal, expires: grant.expires.milliseconds, link: text,
                path: "/approve/\(text)?workspace=\(grant.workspace)"), status: .created)
    }
}

extension ApprovalAnswer {
    init(_ approval: Approval) {
        self.init(
            id: approval.id, endpoint: approval.subject.endpoint, model: approval.subject.model, version: approval.subject.version,
            gateReport: approval.gateReport, gateReportDigest: approval.gateReportDigest.description, requestedBy: approval.requestedBy,
            requested: approval.requested.milliseconds, expires: approval.expires.milliseconds, state: approval.state.rawValue,
            approvers: approval.rule.approvers, roles: approval.rule.roles.map(\.rawValue), count: approval.rule.count,
            remindAfterSeconds: approval.rule.remindAfterSeconds,
            decisions: approval.decisions.map {
                ApprovalDecisionAnswer(
                    principal: $0.principal, decision: $0.decision.rawValue, comment: $0.comment, decided: $0.decided.milliseconds,
                    entry: $0.entry, link: $0.link)
            },
            decidedBy: approval.decidedBy, decided: approval.decided?.milliseconds, comment: approval.comment,
            withdrawnBy: approval.withdrawnBy)
    }
}
