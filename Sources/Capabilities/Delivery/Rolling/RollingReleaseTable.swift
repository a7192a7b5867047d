// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Rows of `rolling_release`.
struct RollingReleaseTable {
    let transaction: any Transaction
    let workspace: String

    func put(_ rolling: RollingRelease) throws {
        try transaction.execute(
            """
            INSERT INTO rolling_release (workspace, id, state, document) VALUES (?, ?, ?, ?)
            ON CONFLICT (workspace, id) DO UPDATE SET state = excluded.state, document = excluded.document
            """, workspace, rolling.id, rolling.state.rawValue, try DocumentText.encode(rolling))
    }

    func require(_ id: String) throws -> RollingRelease {
        guard let row = try transaction.row("SELECT document FROM rolling_release WHERE workspace = ? AND id = ?", workspace, id) else {
            throw Problem(.notFound, "delivery.rolling.unknown", "Rolling release '\(id.printable)' does not exist.")
        }
        return try DocumentText.decode(RollingRelease.self, from: try row["document"])
    }

    /// Newest first.
    func list(after: String?, limit: Int) throws -> [RollingRelease] {
        try transaction.rows(
            "SELECT document FROM rolling_release WHERE workspace = ? AND id < ? ORDER BY id DESC LIMIT ?", workspace, after ?? "~",
            PageLimit.clamp(limit)
        ).map { try DocumentText.decode(RollingRelease.self, from: try $0["document"]) }
    }

    /// Those under way in every workspace, at most 100.
    static func running(in transaction: any Transaction) throws -> [(workspace: String, rolling: RollingRelease)] {
        try transaction.rows("SELECT workspace, document FROM rolling_release WHERE state = 'running' ORDER BY id LIMIT 100").map {
            (try $0["workspace"], try DocumentText.decode(RollingRelease.self, from: try $0["document"]))
        }
    }
}
