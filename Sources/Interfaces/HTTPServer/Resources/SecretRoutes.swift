// SPDX-License-Identifier: Apache-2.0

import API
import Domain
package import Governance
import Hummingbird

/// Secrets: set and deleted by name; no route gives a value.
package struct SecretRoutes: RouteGroup {
    /// A value with what JSON may make of it.
    private static let bodyLimit = 128 << 10

    private let secrets: Secrets

    package init(secrets: Secrets) {
        self.secrets = secrets
    }

    package var routes: [Route] {
        let one = "/api/v1/secrets/{secret}"
        return [
            Route(.get, "/api/v1/secrets", .permission(.secretRead), handler: list),
            Route(.put, one, .permission(.secretManage), bodyLimit: Self.bodyLimit, handler: set),
            Route(.delete, one, .permission(.secretManage), handler: delete),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(Page(items: try await secrets.list(by: context.caller).map(SecretAnswer.init)))
    }

    private func set(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(SetSecretRequest.self, of: request, &context)
        return try Answer.json(SecretAnswer(try await secrets.set(try context.parameter("secret"), to: body.value, by: context.caller)))
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        try await secrets.delete(try context.parameter("secret"), by: context.caller)
        return try Answer.json(EmptyAnswer())
    }
}

extension SecretAnswer {
    init(_ secret: Secret) {
        self.init(name: secret.name, author: secret.author, updated: secret.updated.milliseconds)
    }
}
