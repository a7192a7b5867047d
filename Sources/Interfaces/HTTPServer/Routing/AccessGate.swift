// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation
package import Governance
import HTTPTypes
package import Hummingbird

/// Turns credentials into a caller, or refuses.
package struct AccessGate: Sendable {
    package enum Mode: Sendable {
        case tokens
        /// Everyone is the administrator; allowed on a loopback address only.
        case off
    }

    private let identity: Identity
    private let governor: Governor
    private let mode: Mode

    package init(identity: Identity, governor: Governor, mode: Mode) {
        self.identity = identity
        self.governor = governor
        self.mode = mode
    }

    package func admit(_ request: Request, requestID: String, for permission: Permission) async throws -> Caller {
        let path = request.uri.path
        let workspace = try workspace(of: request.head, query: path.hasPrefix("/approve/") ? request.uri.queryParameters["workspace"] : nil)
        var caller = Caller(session: try await session(request.headers[.authorization]), workspace: workspace, requestID: requestID)
        caller.idempotency = try idempotencyKey(of: request)
        try await governor.admit(caller, for: permission)
        return caller
    }

    /// The same for a protocol whose calls are no HTTP requests of ours.
    ///
    /// - Parameters:
    ///   - authorization: `Bearer TOKEN`, or HTTP Basic.
    ///   - workspace: `default` when nil.
    package func admit(
        authorization: String?, workspace: String?, requestID: String, for permission: Permission
    ) async throws -> Caller {
        let workspace = try ResourceName.check(workspace ?? "default", of: "workspace")
        let caller = Caller(session: try await session(authorization), workspace: workspace, requestID: requestID)
        try await governor.admit(caller, for: permission)
        return caller
    }

    /// A caller whose session is in memory and that may do it; nil for all others, whom `admit` lets in or refuses.
    ///
    /// - Parameter digest: The token's, as `tokenDigest` gives it; nil without one.
    func admitAtOnce(digest: String?, workspace: String?, requestID: String, for permission: Permission) -> Caller? {
        let workspace = workspace ?? "default"
        guard workspace == "default" || (try? ResourceName.check(workspace, of: "workspace")) != nil else { return nil }
        let session: Session
        switch mode {
        case .off: session = Self.administrator
        case .tokens:
            guard let digest, let known = identity.sessionAtOnce(digest: digest) else { return nil }
            session = known
        }
        return session.holds(permission, in: workspace) ? Caller(session: session, workspace: workspace, requestID: requestID) : nil
    }

    /// Of the token in an `Authorization` header; nil when there is none in it.
    func tokenDigest(in authorization: String) -> String? {
        (try? token(in: authorization)).flatMap(identity.digest(of:))
    }

    private static let administrator = Session(
        principal: Principal(name: "admin", kind: .user), tokenID: nil, roles: [Session.everyWorkspace: [.admin]])

    private func session(_ authorization: String?) async throws -> Session {
        switch mode {
        case .off: Self.administrator
        case .tokens: try await identity.authenticate(try token(in: authorization))
        }
    }

    /// `Bearer TOKEN`, or HTTP Basic with the token as password (any user name), as the `mlflow` client sends it.
    private func token(in header: String?) throws(Problem) -> String {
        guard let header else {
            throw Problem(
                .unauthenticated, "identity.token.absent", "This needs a token.",
                fix: "Send 'Authorization: Bearer TOKEN'; the first one is in the data folder's file 'admin-token'.")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == "bearer" { return String(parts[1]) }
        if parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])) {
            let pair = String(decoding: data, as: UTF8.self)
            if let colon = pair.firstIndex(of: ":") { return String(pair[pair.index(after: colon)...]) }
        }
        throw Problem(
            .unauthenticated, "identity.token.malformed", "The Authorization header is neither 'Bearer TOKEN' nor HTTP Basic.",
            fix: "Send 'Authorization: Bearer TOKEN'.")
    }

    /// - Parameter query: What the path's query names, where it may: a browser that follows a link can send no header of ours.
    private func workspace(of head: HTTPRequest, query: Substring?) throws(Problem) -> String {
        guard let named = head.headerFields[.dhowWorkspace] ?? head.headerFields[.mlflowWorkspace] ?? query.map(String.init) else {
            return "default"
        }
        return try ResourceName.check(named, of: "workspace")
    }

    private func idempotencyKey(of request: Request) throws(Problem) -> IdempotencyKey? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard !key.isEmpty, key.utf8.count <= IdempotencyKey.maximumLength else {
            throw Problem(
                .invalid, "request.idempotency-key.malformed", "The Idempotency-Key has \(key.utf8.count) bytes.",
                why: "It has 1 to \(IdempotencyKey.maximumLength).")
        }
        // The body joins the digest when it is decoded: see RequestBody.
        return IdempotencyKey(key: key, requestDigest: "\(request.method) \(request.uri.path)")
    }
}

extension HTTPField.Name {
    package static let dhowWorkspace = literal("Dhow-Workspace")
    package static let mlflowWorkspace = literal("X-MLFLOW-WORKSPACE")
    package static let idempotencyKey = literal("Idempotency-Key")
    package static let requestID = literal("X-Request-ID")

    private static func literal(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("'\(name)' is a header name.") }
        return field
    }
}
