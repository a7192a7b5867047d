// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Transitions of versions, append-only. They outlive their versions, and follow their model when it gets another name.
struct VersionTransitionTable {
    let transaction: any Transaction
    let workspace: String

    func insert(_ transition: VersionTransition) throws {
        try transaction.execute(
            """
            INSERT INTO version_transition (workspace, model, id, number, origin, destination, author, time, reason)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            workspace, transition.model, transition.id, transition.number, transition.from, transition.to, transition.author,
            transition.time, transition.reason)
    }

    /// Newest first, those before the given id; O(limit).
    func page(of model: String, _ number: Int64?, before id: String?, limit: Int) throws -> [VersionTransition] {
        var sql = "SELECT * FROM version_transition WHERE workspace = ? AND model = ?"
        var values: [DatabaseValue] = [.text(workspace), .text(model)]
        if let number {
            sql += " AND number = ?"
            values.append(.integer(number))
        }
        if let id {
            sql += " AND id < ?"
            values.append(.text(id))
        }
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT \(limit)", values: values).map(decode)
    }

    /// Each version's last transition at that time, by number; O(transitions of the model).
    func last(of model: String, at time: Timestamp) throws -> [VersionTransition] {
        try transaction.rows(
            """
            SELECT * FROM version_transition WHERE workspace = ? AND model = ? AND id IN (
                SELECT MAX(id) FROM version_transition WHERE workspace = ? AND model = ? AND time <= ? GROUP BY number
            ) ORDER BY number
            """, workspace, model, workspace, model, time
        ).map(decode)
    }

    func rename(_ model: String, to name: String) throws {
        try transaction.execute("UPDATE version_transition SET model = ? WHERE workspace = ? AND model = ?", name, workspace, model)
    }

    private func decode(_ row: Row) throws -> VersionTransition {
        VersionTransition(
            id: try row["id"], model: try row["model"], number: try row["number"], from: try row["origin"], to: try row["destination"],
            author: try row["author"], time: try row["time"], reason: try row["reason"])
    }
}
