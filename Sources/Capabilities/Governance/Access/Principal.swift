// SPDX-License-Identifier: Apache-2.0

/// A user or service account that makes requests; the platform's own controllers are `.system`.
package struct Principal: Hashable, Codable, Sendable {
    package enum Kind: String, Codable, Sendable { case user, service, system }

    package var name: String
    package var kind: Kind

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// As the ledger names it: `user:amina`.
    package var qualifiedName: String { "\(kind.rawValue):\(name)" }
}

/// What a request may do: its principal with the roles it holds per workspace. The workspace `*` stands for all.
package struct Session: Codable, Sendable {
    package static let everyWorkspace = "*"

    package var principal: Principal
    package var tokenID: String?
    package var roles: [String: Set<Role>]

    package init(principal: Principal, tokenID: String?, roles: [String: Set<Role>]) {
        self.principal = principal
        self.tokenID = tokenID
        self.roles = roles
    }

    package func holds(_ permission: Permission, in workspace: String) -> Bool {
        if principal.kind == .system { return true }
        return [workspace, Self.everyWorkspace].contains { scope in
            roles[scope]?.contains { $0.permissions.contains(permission) } ?? false
        }
    }
}

/// One request: who makes it, where, and how it can be recognised when repeated.
package struct Caller: Sendable {
    package var session: Session
    package var workspace: String
    package var requestID: String?
    package var idempotency: IdempotencyKey?

    package init(session: Session, workspace: String, requestID: String? = nil, idempotency: IdempotencyKey? = nil) {
        self.session = session
        self.workspace = workspace
        self.requestID = requestID
        self.idempotency = idempotency
    }

    package var principal: Principal { session.principal }

    /// One of the platform's own controllers, for example `rollouts`.
    package static func controller(_ name: String, in workspace: String) -> Caller {
        Caller(session: Session(principal: Principal(name: name, kind: .system), tokenID: nil, roles: [:]), workspace: workspace)
    }
}

/// The client's name for one intended change, with the digest of what it asked for.
package struct IdempotencyKey: Hashable, Sendable {
    package static let maximumLength = 255

    package var key: String
    package var requestDigest: String

    package init(key: String, requestDigest: String) {
        self.key = key
        self.requestDigest = requestDigest
    }
}
