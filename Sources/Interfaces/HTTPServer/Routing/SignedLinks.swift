// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Crypto
package import Domain
import Foundation
package import Governance

/// Texts that let whoever holds them do one thing to one resource for a while, in the name of the caller who asked for them.
///
/// Signed with HMAC-SHA-256, so that nothing is stored and a restart changes nothing. What its maker may do is read again when a
/// link is used: it ends with the maker's token or role.
package struct SignedLinks: Sendable {
    package struct Grant: Codable, Equatable, Sendable {
        package enum Action: String, Codable, Sendable { case download, upload, uploadPart }

        package var action: Action
        /// What it is good for, as the action has it: a path, or an upload and the number of a part.
        package var resource: String
        package var workspace: String
        package var principal: Principal
        package var token: String?
        package var expires: Timestamp
    }

    private static let maximumLength = 8_192
    private let key: SymmetricKey
    private let identity: Identity
    private let clock: any WallClock

    package init(key: SymmetricKey, identity: Identity, clock: any WallClock) {
        self.key = key
        self.identity = identity
        self.clock = clock
    }

    package func link(to action: Grant.Action, _ resource: String, for lifetime: Duration, by caller: Caller) throws -> String {
        let grant = Grant(
            action: action, resource: resource, workspace: caller.workspace, principal: caller.principal, token: caller.session.tokenID,
            expires: clock.now() + lifetime)
        let body = Self.encoded(try JSONEncoder().encode(grant))
        return body + "." + Self.encoded(Data(HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: key)))
    }

    /// - Throws: `Problem` `.unauthenticated` when the link is not ours, is over, or its maker's token is; `.forbidden` for another action.
    package func open(_ text: String, to action: Grant.Action, requestID: String) async throws -> (resource: String, caller: Caller) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.maximumLength, parts.count == 2, let code = Self.decoded(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Data(parts[0].utf8), using: key),
            let body = Self.decoded(parts[0]), let grant = try? JSONDecoder().decode(Grant.self, from: body)
        else { throw refusal("It was not made by this server, or was changed.") }
        guard clock.now() < grant.expires else { throw refusal("Its time is over.") }
        guard grant.action == action else {
            throw Problem(.forbidden, "link.action.refused", "The link is for another action.", fix: "Ask for a link for this one.")
        }
        let session = try await identity.session(of: grant.principal, withTokenID: grant.token)
        return (grant.resource, Caller(session: session, workspace: grant.workspace, requestID: requestID))
    }

    private func refusal(_ why: String) -> Problem {
        Problem(.unauthenticated, "link.refused", "The link cannot be used.", why: why, fix: "Ask the server for another.")
    }

    /// Base 64 with the letters that need no escape in a URL.
    private static func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decoded(_ text: Substring) -> Data? {
        let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
