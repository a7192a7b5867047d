// SPDX-License-Identifier: Apache-2.0

import API
import Domain
package import Governance
import Hummingbird

/// Tokens and bindings.
package struct IdentityRoutes: RouteGroup {
    private let identity: Identity

    package init(identity: Identity) {
        self.identity = identity
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/v1/tokens", .permission(.identityRead), handler: listTokens),
            Route(.post, "/api/v1/tokens", .permission(.identityManage), handler: createToken),
            Route(.delete, "/api/v1/tokens/{token}", .permission(.identityManage), handler: revokeToken),
            Route(.get, "/api/v1/bindings", .permission(.identityRead), handler: listBindings),
            Route(.post, "/api/v1/bindings", .permission(.identityManage), handler: bind),
            Route(.delete, "/api/v1/bindings/{principal}/{role}", .permission(.identityManage), handler: unbind),
        ]
    }

    private func listTokens(_ request: Request, _ context: APIContext) async throws -> Response {
        let tokens = try await identity.tokens(by: context.caller)
        return try Answer.json(Page(items: tokens.map { TokenAnswer($0) }))
    }

    private func createToken(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(CreateTokenRequest.self, of: request, &context)
        let kind: Principal.Kind = body.isService == true ? .service : .user
        let expires = body.expires.map { Timestamp(milliseconds: $0) }
        let (token, secret) = try await identity.createToken(
            for: Principal(name: body.principal, kind: kind), note: body.note ?? "", expires: expires, by: context.caller)
        return try Answer.json(TokenAnswer(token, secret: secret), status: .created)
    }

    private func revokeToken(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(TokenAnswer(try await identity.revokeToken(try context.parameter("token"), by: context.caller)))
    }

    private func listBindings(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(Page(items: try await identity.bindings(by: context.caller).map(BindingAnswer.init)))
    }

    private func bind(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(BindingAnswer.self, of: request, &context)
        let binding = try await identity.bind(try binding(body), by: context.caller)
        return try Answer.json(BindingAnswer(binding), status: .created)
    }

    private func unbind(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = request.uri.queryParameters["scope"].map(String.init) ?? context.caller.workspace
        let body = BindingAnswer(principal: try context.parameter("principal"), workspace: scope, role: try context.parameter("role"))
        return try Answer.json(BindingAnswer(try await identity.unbind(try binding(body), by: context.caller)))
    }

    private func binding(_ body: BindingAnswer) throws(Problem) -> Binding {
        guard let role = Role(rawValue: body.role) else {
            throw Problem(
                .invalid, "identity.role.unknown", "'\(body.role.printable)' is not a role.",
                fix: "Use one of \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return Binding(principal: body.principal, workspace: body.workspace, role: role)
    }
}

extension TokenAnswer {
    init(_ token: AccessToken, secret: TokenSecret? = nil) {
        self.init(
            id: token.id, principal: token.principal.qualifiedName, note: token.note, created: token.created.milliseconds,
            expires: token.expires?.milliseconds, revoked: token.revoked?.milliseconds, token: secret?.text)
    }
}

extension BindingAnswer {
    init(_ binding: Binding) {
        self.init(principal: binding.principal, workspace: binding.workspace, role: binding.role.rawValue)
    }
}
