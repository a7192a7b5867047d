// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Rows of `monitor_progress`: the next window of each monitor that judges by itself.
struct MonitorProgressTable {
    let transaction: any Transaction
    let workspace: String

    /// Nil for one that has not begun.
    func next(of monitor: String) throws -> Timestamp? {
        try transaction.row("SELECT next_start FROM monitor_progress WHERE workspace = ? AND monitor = ?", workspace, monitor)?[
            "next_start"]
    }

    func move(_ monitor: String, to start: Timestamp) throws {
        try transaction.execute(
            """
            INSERT INTO monitor_progress (workspace, monitor, next_start) VALUES (?, ?, ?)
            ON CONFLICT (workspace, monitor) DO UPDATE SET next_start = excluded.next_start
            """, workspace, monitor, start)
    }

    func forget(_ monitor: String) throws {
        try transaction.execute("DELETE FROM monitor_progress WHERE workspace = ? AND monitor = ?", workspace, monitor)
    }

    /// Every monitor there is, with its workspace.
    static func monitors(in transaction: any Transaction) throws -> [(workspace: String, monitor: Monitor)] {
        try transaction.rows(
            "SELECT workspace, document, revision, created, changed FROM monitor WHERE deleted IS NULL ORDER BY workspace, name"
        ).map { row in
            (
                try row["workspace"],
                Monitor(
                    specification: try DocumentText.decode(MonitorSpecification.self, from: try row["document"]),
                    revision: try row["revision"], created: try row["created"], changed: try row["changed"])
            )
        }
    }
}
