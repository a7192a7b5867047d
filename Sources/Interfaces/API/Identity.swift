// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/tokens`. Times are milliseconds since 1970 UTC, here as everywhere.
package struct CreateTokenRequest: Codable, Sendable {
    package var principal: String
    package var isService: Bool?
    package var note: String?
    package var expires: Int64?

    package init(principal: String, isService: Bool? = nil, note: String? = nil, expires: Int64? = nil) {
        self.principal = principal
        self.isService = isService
        self.note = note
        self.expires = expires
    }
}

/// A token; `token` is its text, present only in the answer that made it.
package struct TokenAnswer: Codable, Sendable {
    package var id: String
    package var principal: String
    package var note: String
    package var created: Int64
    package var expires: Int64?
    package var revoked: Int64?
    package var token: String?

    package init(id: String, principal: String, note: String, created: Int64, expires: Int64?, revoked: Int64?, token: String?) {
        self.id = id
        self.principal = principal
        self.note = note
        self.created = created
        self.expires = expires
        self.revoked = revoked
        self.token = token
    }
}

/// A binding, asked for and answered.
package struct BindingAnswer: Codable, Sendable {
    package var principal: String
    package var workspace: String
    package var role: String

    package init(principal: String, workspace: String, role: String) {
        self.principal = principal
        self.workspace = workspace
        self.role = role
    }
}
