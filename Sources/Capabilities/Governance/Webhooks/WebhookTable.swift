// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

struct WebhookTable {
    let transaction: any Transaction

    func insert(_ webhook: Webhook, secret: WrappedKey?) throws {
        try transaction.execute(
            """
            INSERT INTO webhook (id, workspace, name, url, description, events, format, status, secret, secret_key, author, created, updated)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, webhook.id, webhook.workspace, webhook.name, webhook.url, webhook.description, try text(webhook.events), webhook.format,
            webhook.status, secret?.bytes, secret?.keyID, webhook.author, webhook.created, webhook.updated)
    }

    /// All but the secret.
    func update(_ webhook: Webhook) throws {
        try transaction.execute(
            "UPDATE webhook SET name = ?, url = ?, description = ?, events = ?, status = ?, updated = ? WHERE id = ?", webhook.name,
            webhook.url, webhook.description, try text(webhook.events), webhook.status, webhook.updated, webhook.id)
    }

    func set(_ secret: WrappedKey?, on id: String) throws {
        try transaction.execute("UPDATE webhook SET secret = ?, secret_key = ? WHERE id = ?", secret?.bytes, secret?.keyID, id)
    }

    func find(_ id: String, in workspace: String) throws -> StoredWebhook? {
        try transaction.row("SELECT * FROM webhook WHERE id = ? AND workspace = ?", id, workspace).map(Self.decode)
    }

    func get(_ id: String, in workspace: String) throws -> StoredWebhook {
        guard let webhook = try find(id, in: workspace) else { throw Webhook.unknown(id) }
        return webhook
    }

    func find(_ ids: [String]) throws -> [StoredWebhook] {
        guard !ids.isEmpty else { return [] }
        let marks = repeatElement("?", count: ids.count).joined(separator: ", ")
        return try transaction.rows("SELECT * FROM webhook WHERE id IN (\(marks))", values: ids.map(\.databaseValue)).map(Self.decode)
    }

    /// Oldest first.
    func page(of workspace: String, format: String?, after id: String?, limit: Int) throws -> [Webhook] {
        var sql = "SELECT * FROM webhook WHERE workspace = ? AND id > ?"
        var values: [DatabaseValue] = [.text(workspace), .text(id ?? "")]
        if let format {
            sql += " AND format = ?"
            values.append(.text(format))
        }
        return try transaction.rows(sql + " ORDER BY id LIMIT \(limit)", values: values).map { try Self.decode($0).webhook }
    }

    /// Names are not unique.
    func named(_ name: String, in workspace: String) throws -> [Webhook] {
        try transaction.rows("SELECT * FROM webhook WHERE workspace = ? AND name = ? ORDER BY id LIMIT 2", workspace, name).map {
            try Self.decode($0).webhook
        }
    }

    func count(in workspace: String) throws -> Int {
        try transaction.row("SELECT COUNT(*) AS number FROM webhook WHERE workspace = ?", workspace)?["number"] ?? 0
    }

    func active(in workspace: String) throws -> [Webhook] {
        try transaction.rows("SELECT * FROM webhook WHERE workspace = ? AND status = 'active' ORDER BY id", workspace).map {
            try Self.decode($0).webhook
        }
    }

    func hasActive() throws -> Bool {
        try transaction.row("SELECT 1 AS one FROM webhook WHERE status = 'active' LIMIT 1") != nil
    }

    func delete(_ id: String) throws {
        try transaction.execute("DELETE FROM webhook WHERE id = ?", id)
    }

    private func text(_ events: [String]) throws -> String {
        String(decoding: try JSONEncoder().encode(events), as: UTF8.self)
    }

    private static func decode(_ row: Row) throws -> StoredWebhook {
        let events: String = try row["events"]
        let bytes: [UInt8]? = try row["secret"]
        let key: String? = try row["secret_key"]
        let webhook = Webhook(
            id: try row["id"], workspace: try row["workspace"], name: try row["name"], url: try row["url"],
            description: try row["description"], events: try JSONDecoder().decode([String].self, from: Data(events.utf8)),
            format: try row["format"], status: try row["status"], isSigned: bytes != nil, author: try row["author"],
            created: try row["created"], updated: try row["updated"])
        return StoredWebhook(webhook: webhook, secret: bytes.flatMap { bytes in key.map { WrappedKey(keyID: $0, bytes: bytes) } })
    }
}

/// A webhook with its sealed secret.
struct StoredWebhook: Sendable {
    var webhook: Webhook
    var secret: WrappedKey?
}
