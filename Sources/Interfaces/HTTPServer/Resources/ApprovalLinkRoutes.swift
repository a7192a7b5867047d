// SPDX-License-Identifier: Apache-2.0

import API
package import Delivery
import Domain
import Foundation
import Governance
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// What a signed link leads to: a page with the gate's report and the two answers, and the same for programs.
///
/// A link is no credential: every request here signs in, a browser by HTTP Basic with the token as password.
package struct ApprovalLinkRoutes: RouteGroup {
    private let links: ApprovalLinks

    package init(links: ApprovalLinks) {
        self.links = links
    }

    package var routes: [Route] {
        [
            Route(.get, "/approve/{link}", .permission(.approvalDecide), handler: page),
            Route(.post, "/approve/{link}", .permission(.approvalDecide), bodyLimit: 64 << 10, handler: send),
            Route(.get, "/api/v1/approval-links/{link}", .permission(.approvalDecide), handler: show),
            Route(.post, "/api/v1/approval-links/{link}/decision", .permission(.approvalDecide), handler: decide),
        ]
    }

    private func page(_ request: Request, _ context: APIContext) async throws -> Response {
        let opened = try await links.open(try context.parameter("link"), by: context.caller)
        return html(GateReportPage(report: opened.report, insert: ApprovalForm(opened: opened).text).text)
    }

    private func send(_ request: Request, _ context: APIContext) async throws -> Response {
        let form = ApprovalForm.fields(of: Data(try await RequestBody.bytes(of: request, context).readableBytesView))
        let decision = try Approval.Decision.named(form["decision"] ?? "", as: "decision")
        let approval = try await links.decide(
            try context.parameter("link"), decision, comment: form["comment"] ?? "", by: context.caller)
        return html(ApprovalForm.outcome(of: approval))
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(ApprovalAnswer(try await links.open(try context.parameter("link"), by: context.caller).approval))
    }

    private func decide(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let link = try context.parameter("link")
        let body = try await RequestBody.json(DecideApprovalRequest.self, of: request, &context)
        let decision = try Approval.Decision.named(body.decision, as: "decision")
        return try Answer.json(ApprovalAnswer(try await links.decide(link, decision, comment: body.comment, by: context.caller)))
    }

    /// Neither kept by caches nor told to other sites as where one comes from: its address is the link.
    private func html(_ text: String) -> Response {
        var response = Answer.text(text, type: "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] = GateReportPage.contentSecurityPolicy
        response.headers[.cacheControl] = "no-store"
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }
}

extension HTTPField.Name {
    fileprivate static var referrerPolicy: HTTPField.Name {
        guard let field = HTTPField.Name("Referrer-Policy") else { preconditionFailure("'Referrer-Policy' is a header name.") }
        return field
    }
}
