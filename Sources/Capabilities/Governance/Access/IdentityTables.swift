// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Principals and their tokens.
package struct PrincipalTable {
    package let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    package func insert(_ principal: Principal, at time: Timestamp) throws {
        try transaction.execute(
            "INSERT INTO principal (name, kind, created) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING", principal.name,
            principal.kind.rawValue, time)
    }

    package func find(_ name: String) throws -> Principal? {
        try transaction.row("SELECT name, kind FROM principal WHERE name = ?", name).map(decode)
    }

    package func all() throws -> [Principal] {
        try transaction.rows("SELECT name, kind FROM principal ORDER BY name").map(decode)
    }

    private func decode(_ row: Row) throws -> Principal {
        Principal(name: try row["name"], kind: Principal.Kind(rawValue: try row["kind"]) ?? .user)
    }
}

package struct TokenTable {
    package let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    package func insert(_ token: AccessToken, digest: String) throws {
        try transaction.execute(
            "INSERT INTO access_token (id, principal, digest, note, created, expires) VALUES (?, ?, ?, ?, ?, ?)", token.id,
            token.principal.name, digest, token.note, token.created, token.expires)
    }

    package func find(digest: String) throws -> AccessToken? {
        try transaction.row(Self.selection + " WHERE access_token.digest = ?", digest).map(decode)
    }

    package func find(id: String) throws -> AccessToken? {
        try transaction.row(Self.selection + " WHERE access_token.id = ?", id).map(decode)
    }

    package func all() throws -> [AccessToken] {
        try transaction.rows(Self.selection + " ORDER BY access_token.created DESC, access_token.id LIMIT 1000").map(decode)
    }

    /// Ids of a principal's tokens with this note that are not revoked.
    package func valid(of principal: String, noted note: String) throws -> [String] {
        try transaction.rows(
            "SELECT id FROM access_token WHERE principal = ? AND note = ? AND revoked IS NULL ORDER BY id", principal, note
        ).map { try $0["id"] }
    }

    package func revoke(_ id: String, at time: Timestamp) throws {
        try transaction.execute("UPDATE access_token SET revoked = ? WHERE id = ? AND revoked IS NULL", time, id)
    }

    private static let selection = """
        SELECT access_token.id AS id, principal.name AS name, principal.kind AS kind, note, access_token.created AS created, expires, revoked
        FROM access_token JOIN principal ON principal.name = access_token.principal
        """

    private func decode(_ row: Row) throws -> AccessToken {
        AccessToken(
            id: try row["id"], principal: Principal(name: try row["name"], kind: Principal.Kind(rawValue: try row["kind"]) ?? .user),
            note: try row["note"], created: try row["created"], expires: try row["expires"], revoked: try row["revoked"])
    }
}

/// A role held by a principal in a workspace.
package struct Binding: Codable, Sendable, Hashable {
    package var principal: String
    package var workspace: String
    package var role: Role

    package init(principal: String, workspace: String, role: Role) {
        self.principal = principal
        self.workspace = workspace
        self.role = role
    }
}

package struct BindingTable {
    package let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    package func insert(_ binding: Binding, at time: Timestamp) throws {
        try transaction.execute(
            "INSERT INTO binding (principal, workspace, role, created) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", binding.principal,
            binding.workspace, binding.role.rawValue, time)
    }

    /// - Returns: Whether there was such a binding.
    package func delete(_ binding: Binding) throws -> Bool {
        try transaction.execute(
            "DELETE FROM binding WHERE principal = ? AND workspace = ? AND role = ?", binding.principal, binding.workspace,
            binding.role.rawValue) > 0
    }

    package func all() throws -> [Binding] {
        try transaction.rows("SELECT principal, workspace, role FROM binding ORDER BY principal, workspace, role LIMIT 10000").compactMap(
            decode)
    }

    /// Roles per workspace.
    package func roles(of principal: String) throws -> [String: Set<Role>] {
        let bindings = try transaction.rows("SELECT principal, workspace, role FROM binding WHERE principal = ?", principal).compactMap(
            decode)
        return Dictionary(grouping: bindings, by: \.workspace).mapValues { Set($0.map(\.role)) }
    }

    /// A role unknown to this binary gives nothing.
    private func decode(_ row: Row) throws -> Binding? {
        guard let role = Role(rawValue: try row["role"]) else { return nil }
        return Binding(principal: try row["principal"], workspace: try row["workspace"], role: role)
    }
}
