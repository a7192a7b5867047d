// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

extension Identity {
    /// What a principal may do now, on the strength of a token it showed before.
    ///
    /// - Parameter token: Nil when the server asks nobody for tokens.
    /// - Throws: `Problem` `.unauthenticated` when the token has been revoked or has expired since.
    package func session(of principal: Principal, withTokenID token: String?) async throws -> Session {
        let now = governor.clock.now()
        let session = try await governor.database.read { transaction -> Session? in
            if let token {
                guard let known = try TokenTable(transaction: transaction).find(id: token), known.principal == principal,
                    known.revoked == nil, known.expires.map({ now < $0 }) ?? true
                else { return nil }
            }
            let roles = try BindingTable(transaction: transaction).roles(of: principal.name)
            return Session(principal: principal, tokenID: token, roles: roles)
        }
        guard let session else {
            throw Problem(
                .unauthenticated, "identity.token.refused", "The token is unknown, revoked or expired.",
                fix: "Ask an administrator for a new one: dhow token create NAME --role ROLE.")
        }
        return session
    }
}
