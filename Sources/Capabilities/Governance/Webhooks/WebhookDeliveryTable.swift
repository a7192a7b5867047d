// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

struct WebhookDeliveryTable {
    let transaction: any Transaction

    func insert(_ delivery: WebhookDelivery) throws {
        try transaction.execute(
            """
            INSERT INTO webhook_delivery (id, webhook, entry, event, body, state, attempts, due, status, error, created, ended)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (webhook, entry) DO NOTHING
            """, delivery.id, delivery.webhook, delivery.entry, delivery.event, delivery.body, delivery.state, delivery.attempts,
            delivery.due, delivery.status, delivery.error, delivery.created, delivery.ended)
    }

    /// Newest first.
    func page(of webhook: String, state: WebhookDelivery.State?, before id: String?, limit: Int) throws -> [WebhookDelivery] {
        var sql = "SELECT * FROM webhook_delivery WHERE webhook = ?"
        var values: [DatabaseValue] = [.text(webhook)]
        if let state {
            sql += " AND state = ?"
            values.append(state.databaseValue)
        }
        if let id {
            sql += " AND id < ?"
            values.append(.text(id))
        }
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT \(limit)", values: values).map(Self.decode)
    }

    func find(_ id: String, of webhook: String) throws -> WebhookDelivery? {
        try transaction.row("SELECT * FROM webhook_delivery WHERE id = ? AND webhook = ?", id, webhook).map(Self.decode)
    }

    /// How many wait, counted to the limit.
    func pending(of webhook: String, upTo limit: Int) throws -> Int {
        try transaction.row(
            """
            SELECT COUNT(*) AS number FROM (
                SELECT 1 AS one FROM webhook_delivery WHERE webhook = ? AND state = 'pending' LIMIT \(limit)
            ) AS waiting
            """, webhook)?["number"] ?? 0
    }

    func hasDue(at time: Timestamp) throws -> Bool {
        try transaction.row("SELECT 1 AS one FROM webhook_delivery WHERE state = 'pending' AND due <= ? LIMIT 1", time) != nil
    }

    /// The longest overdue first, leaving out those of `busy` webhooks.
    func due(at time: Timestamp, except busy: [String], limit: Int) throws -> [WebhookDelivery] {
        var sql = "SELECT * FROM webhook_delivery WHERE state = 'pending' AND due <= ?"
        if !busy.isEmpty { sql += " AND webhook NOT IN (\(repeatElement("?", count: busy.count).joined(separator: ", ")))" }
        sql += " ORDER BY due, id LIMIT \(limit)"
        return try transaction.rows(sql, values: [time.databaseValue] + busy.map(\.databaseValue)).map(Self.decode)
    }

    /// Counts an attempt, and makes it the only one until `limit`.
    func begin(_ delivery: WebhookDelivery, until limit: Timestamp) throws {
        try transaction.execute("UPDATE webhook_delivery SET attempts = attempts + 1, due = ? WHERE id = ?", limit, delivery.id)
    }

    /// Takes effect only while the attempt that is told of is the last one.
    func settle(
        _ delivery: WebhookDelivery, as state: WebhookDelivery.State, due: Timestamp, status: Int?, error: String?, at time: Timestamp
    ) throws {
        try transaction.execute(
            """
            UPDATE webhook_delivery SET state = ?, due = ?, status = ?, error = ?, ended = ?
            WHERE id = ? AND attempts = ? AND state = 'pending'
            """, state, due, status, error, state == .pending ? nil : time, delivery.id, delivery.attempts)
    }

    /// As if it had never been tried.
    func renew(_ id: String, at time: Timestamp) throws {
        try transaction.execute(
            "UPDATE webhook_delivery SET state = 'pending', attempts = 0, due = ?, ended = NULL WHERE id = ? AND state = 'dead'", time, id)
    }

    func giveUp(allOf webhook: String, because error: String, at time: Timestamp) throws {
        try transaction.execute(
            "UPDATE webhook_delivery SET state = 'dead', error = ?, ended = ? WHERE webhook = ? AND state = 'pending'", error, time, webhook
        )
    }

    /// - Returns: How many of the oldest there were, at most `limit`.
    func forget(endedBefore time: Timestamp, limit: Int) throws -> Int {
        try transaction.execute(
            """
            DELETE FROM webhook_delivery WHERE id IN (
                SELECT id FROM webhook_delivery WHERE ended IS NOT NULL AND ended < ? ORDER BY ended LIMIT \(limit)
            )
            """, time)
    }

    private static func decode(_ row: Row) throws -> WebhookDelivery {
        WebhookDelivery(
            id: try row["id"], webhook: try row["webhook"], entry: try row["entry"], event: try row["event"], body: try row["body"],
            state: try row["state"], attempts: try row["attempts"], due: try row["due"], status: try row["status"],
            error: try row["error"], created: try row["created"], ended: try row["ended"])
    }
}
