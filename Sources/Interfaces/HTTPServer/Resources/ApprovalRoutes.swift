// SPDX-License-Identifier: Apache-2.0

import API
package import Delivery
import Domain
import Governance
import Hummingbird

/// Approvals: asked for, looked at, decided.
package struct ApprovalRoutes: RouteGroup {
    private let approvals: Approvals

    package init(approvals: Approvals) {
        self.approvals = approvals
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/approvals", .permission(.deliveryRead), handler: list),
            Route(.post, "/api/v1/approvals", .permission(.gateEvaluate), handler: ask),
            Route(.get, "/api/v1/approvals/{approval}", .permission(.deliveryRead), handler: show),
            Route(.post, "/api/v1/approvals/{approval}/decision", .permission(.approvalDecide), handler: decide),
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
        let approval = try await approvals.request(
            for: ReleaseSubject(endpoint: body.endpoint, model: body.model, version: body.version), gateReport: body.gateReport,
            lifetime: body.lifetimeSeconds.map { .seconds($0) } ?? Approvals.standardLifetime, by: context.caller)
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
}

extension ApprovalAnswer {
    init(_ approval: Approval) {
        self.init(
            id: approval.id, endpoint: approval.subject.endpoint, model: approval.subject.model, version: approval.subject.version,
            gateReport: approval.gateReport, gateReportDigest: approval.gateReportDigest.description, requestedBy: approval.requestedBy,
            requested: approval.requested.milliseconds, expires: approval.expires.milliseconds, state: approval.state.rawValue,
            decidedBy: approval.decidedBy, decided: approval.decided?.milliseconds, comment: approval.comment)
    }
}
