// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

struct SecretTable {
    private let transaction: any Transaction
    private let workspace: String

    init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    func save(_ secret: Secret, _ sealed: WrappedKey) throws {
        try transaction.execute(
            """
            INSERT INTO secret (workspace, name, sealed, sealed_by, author, updated) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name) DO UPDATE SET sealed = excluded.sealed, sealed_by = excluded.sealed_by, author = excluded.author,
                updated = excluded.updated
            """, workspace, secret.name, sealed.bytes, sealed.keyID, secret.author, secret.updated)
    }

    /// By name.
    func all(limit: Int) throws -> [Secret] {
        try transaction.rows("SELECT name, author, updated FROM secret WHERE workspace = ? ORDER BY name LIMIT ?", workspace, limit).map {
            Secret(name: try $0["name"], author: try $0["author"], updated: try $0["updated"])
        }
    }

    func count() throws -> Int {
        try transaction.row("SELECT COUNT(*) AS count FROM secret WHERE workspace = ?", workspace)?["count"] ?? 0
    }

    func sealed(_ name: String) throws -> WrappedKey? {
        try transaction.row("SELECT sealed, sealed_by FROM secret WHERE workspace = ? AND name = ?", workspace, name).map {
            WrappedKey(keyID: try $0["sealed_by"], bytes: try $0["sealed"])
        }
    }

    /// - Returns: Whether there was one.
    func delete(_ name: String) throws -> Bool {
        try transaction.execute("DELETE FROM secret WHERE workspace = ? AND name = ?", workspace, name) > 0
    }
}
