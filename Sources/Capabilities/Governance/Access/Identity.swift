// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
import Synchronization

/// Who may speak to the server: tokens and bindings.
package struct Identity: Sendable {
    let governor: Governor
    private let sessions = SessionCache()

    package init(governor: Governor) {
        self.governor = governor
    }

    /// The session a token text stands for. O(1) from memory for five seconds after the last look-up, then one indexed read.
    ///
    /// - Throws: `Problem` `.unauthenticated` when the token is unknown, revoked or expired; which of them is not told.
    package func authenticate(_ text: String) async throws -> Session {
        let digest = try TokenSecret(parsing: text).digest
        let now = governor.clock.now()
        if let session = sessions.session(digest, at: now) { return session }
        let session = try await governor.database.lookUp { transaction -> Session? in
            guard let token = try TokenTable(transaction: transaction).find(digest: digest), token.revoked == nil,
                token.expires.map({ now < $0 }) ?? true
            else { return nil }
            let roles = try BindingTable(transaction: transaction).roles(of: token.principal.name)
            return Session(principal: token.principal, tokenID: token.id, roles: roles)
        }
        guard let session else {
            throw Problem(
                .unauthenticated, "identity.token.refused", "The token is unknown, revoked or expired.",
                fix: "Ask an administrator for a new one: dhow token create NAME --role ROLE.")
        }
        sessions.keep(session, for: digest, at: now)
        return session
    }

    /// What a token is known by; nil for a text that is none.
    package func digest(of text: String) -> String? { try? TokenSecret(parsing: text).digest }

    /// The session of a token seen in the last seconds; nil when it must be looked up.
    package func sessionAtOnce(digest: String) -> Session? {
        sessions.session(digest, at: governor.clock.now())
    }

    /// Makes a principal when it is new, and a token for it.
    ///
    /// With an `Idempotency-Key`, a repetition answers with the same token id but cannot show the secret again.
    package func createToken(for principal: Principal, note: String, expires: Timestamp?, by caller: Caller) async throws -> (
        AccessToken, TokenSecret?
    ) {
        try ResourceName.check(principal.name, of: "principal")
        guard note.utf8.count <= 200 else {
            throw Problem(.invalid, "identity.token.note-too-long", "The note has \(note.utf8.count) bytes.", why: "At most 200 are kept.")
        }
        let secret = TokenSecret()
        let token = try await governor.change(.identityManage, by: caller) { change in
            if let known = try PrincipalTable(transaction: change.transaction).find(principal.name), known.kind != principal.kind {
                throw Problem(.conflict, "identity.principal.kind-differs", "'\(principal.name)' is already a \(known.kind.rawValue).")
            }
            try PrincipalTable(transaction: change.transaction).insert(principal, at: change.time)
            let token = AccessToken(id: secret.id, principal: principal, note: note, created: change.time, expires: expires, revoked: nil)
            try TokenTable(transaction: change.transaction).insert(token, digest: secret.digest)
            try change.record("token.created", on: "token/\(token.id)", ["principal": .string(principal.qualifiedName)])
            return token
        }
        return (token, token.id == secret.id ? secret : nil)
    }

    package func tokens(by caller: Caller) async throws -> [AccessToken] {
        try await governor.read(.identityRead, by: caller) { try TokenTable(transaction: $0).all() }
    }

    package func revokeToken(_ id: String, by caller: Caller) async throws -> AccessToken {
        let token = try await governor.change(.identityManage, by: caller) { change in
            let table = TokenTable(transaction: change.transaction)
            try table.revoke(id, at: change.time)
            guard let token = try table.find(id: id) else {
                throw Problem(
                    .notFound, "identity.token.unknown", "Token '\(id.printable)' does not exist.", fix: "List them: dhow token list.")
            }
            try change.record("token.revoked", on: "token/\(id)", ["principal": .string(token.principal.qualifiedName)])
            return token
        }
        sessions.forgetAll()
        return token
    }

    /// Revokes all of a principal's tokens with this note; those that are revoked stay so.
    package func revokeTokens(of principal: Principal, noted note: String, by caller: Caller) async throws {
        let count = try await governor.change(.identityManage, by: caller) { change in
            let table = TokenTable(transaction: change.transaction)
            let tokens = try table.valid(of: principal.name, noted: note)
            for id in tokens {
                try table.revoke(id, at: change.time)
                try change.record("token.revoked", on: "token/\(id)", ["principal": .string(principal.qualifiedName)])
            }
            return tokens.count
        }
        if count > 0 { sessions.forgetAll() }
    }

    package func bind(_ binding: Binding, by caller: Caller) async throws -> Binding {
        let bound = try await governor.change(.identityManage, by: caller) { change in
            try Self.bind(binding, in: change)
            return binding
        }
        sessions.forgetAll()
        return bound
    }

    static func bind(_ binding: Binding, in change: Change) throws {
        guard try PrincipalTable(transaction: change.transaction).find(binding.principal) != nil else {
            throw Problem(
                .notFound, "identity.principal.unknown", "Principal '\(binding.principal.printable)' does not exist.",
                fix: "Create it with its first token: dhow token create \(binding.principal.printable).")
        }
        if binding.workspace != Session.everyWorkspace { try ResourceName.check(binding.workspace, of: "workspace") }
        try BindingTable(transaction: change.transaction).insert(binding, at: change.time)
        try change.record(
            "binding.created", on: "principal/\(binding.principal)",
            ["role": .string(binding.role.rawValue), "scope": .string(binding.workspace)])
    }

    package func unbind(_ binding: Binding, by caller: Caller) async throws -> Binding {
        let unbound = try await governor.change(.identityManage, by: caller) { change in
            try Self.unbind(binding, in: change)
            return binding
        }
        sessions.forgetAll()
        return unbound
    }

    static func unbind(_ binding: Binding, in change: Change) throws {
        guard try BindingTable(transaction: change.transaction).delete(binding) else {
            throw Problem(.notFound, "identity.binding.unknown", "There is no such binding.", fix: "List them: dhow binding list.")
        }
        try change.record(
            "binding.deleted", on: "principal/\(binding.principal)",
            ["role": .string(binding.role.rawValue), "scope": .string(binding.workspace)])
    }

    package func bindings(by caller: Caller) async throws -> [Binding] {
        try await governor.read(.identityRead, by: caller) { try BindingTable(transaction: $0).all() }
    }

    /// At the first start of an installation, makes the administrator and its only token; nil ever after.
    package func bootstrap() async throws -> TokenSecret? {
        let exists = try await governor.database.read { try PrincipalTable(transaction: $0).find("admin") != nil }
        if exists { return nil }
        let administrator = Principal(name: "admin", kind: .user)
        let secret = TokenSecret()
        let caller = Caller.controller("bootstrap", in: Session.everyWorkspace)
        let isFirst = try await governor.change(.identityManage, by: caller, locking: "bootstrap") { change in
            // Looked at again: another server of a fresh installation may have been first since.
            let principals = PrincipalTable(transaction: change.transaction)
            guard try principals.find(administrator.name) == nil else { return false }
            try principals.insert(administrator, at: change.time)
            let token = AccessToken(
                id: secret.id, principal: administrator, note: "first start", created: change.time, expires: nil, revoked: nil)
            try TokenTable(transaction: change.transaction).insert(token, digest: secret.digest)
            let binding = Binding(principal: administrator.name, workspace: Session.everyWorkspace, role: .admin)
            try BindingTable(transaction: change.transaction).insert(binding, at: change.time)
            try change.record("token.created", on: "token/\(token.id)", ["principal": .string(administrator.qualifiedName)])
            return true
        }
        return isFirst ? secret : nil
    }
}

/// Sessions of recently seen tokens, at most 10,000, each for five seconds.
private final class SessionCache: Sendable {
    private static let lifetime = Duration.seconds(5)
    private static let capacity = 10_000
    private let sessions = Mutex<[String: (session: Session, until: Timestamp)]>([:])

    func session(_ digest: String, at now: Timestamp) -> Session? {
        sessions.withLock { sessions in
            // Also not from a time to come: then the clock was set back, and the entry would live too long.
            guard let entry = sessions[digest], now < entry.until, entry.until <= now + Self.lifetime else { return nil }
            return entry.session
        }
    }

    func keep(_ session: Session, for digest: String, at now: Timestamp) {
        sessions.withLock { sessions in
            if sessions.count >= Self.capacity { sessions.removeAll(keepingCapacity: true) }
            sessions[digest] = (session, now + Self.lifetime)
        }
    }

    func forgetAll() {
        sessions.withLock { $0.removeAll(keepingCapacity: true) }
    }
}
