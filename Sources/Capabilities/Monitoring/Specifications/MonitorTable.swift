// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// A monitor as it stands.
package struct Monitor: Codable, Equatable, Sendable {
    package var specification: MonitorSpecification
    /// Counts the specifications this monitor has had, from 1.
    package var revision: Int
    package var created: Timestamp
    package var changed: Timestamp

    package var name: String { specification.name }
}

/// Rows of `monitor`.
package struct MonitorTable {
    package let transaction: any Transaction
    package let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func find(_ name: String) throws -> Monitor? {
        try transaction.row("\(Self.selection) WHERE workspace = ? AND name = ? AND deleted IS NULL", workspace, name).map(decode)
    }

    /// Also of one that was deleted; 0 when there never was one.
    func lastRevision(_ name: String) throws -> Int {
        try transaction.row("SELECT revision FROM monitor WHERE workspace = ? AND name = ?", workspace, name)?["revision"] ?? 0
    }

    func delete(_ name: String, at time: Timestamp) throws {
        try transaction.execute("UPDATE monitor SET deleted = ? WHERE workspace = ? AND name = ?", time, workspace, name)
    }

    /// - Throws: `Problem` `.notFound`.
    package func require(_ name: String) throws -> Monitor {
        guard let monitor = try find(name) else {
            throw Problem(
                .notFound, "monitoring.monitor.unknown", "Monitor '\(name.printable)' does not exist.", fix: "List them: dhow monitor list."
            )
        }
        return monitor
    }

    /// By name, ascending.
    package func list(after: String?, limit: Int) throws -> [Monitor] {
        try transaction.rows(
            "\(Self.selection) WHERE workspace = ? AND name > ? AND deleted IS NULL ORDER BY name LIMIT ?", workspace, after ?? "",
            DocumentText.page(limit)
        ).map(decode)
    }

    func put(_ monitor: Monitor) throws {
        try transaction.execute(
            """
            INSERT INTO monitor (workspace, name, endpoint, revision, document, created, changed) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, name) DO UPDATE SET
                endpoint = excluded.endpoint, revision = excluded.revision, document = excluded.document, created = excluded.created,
                changed = excluded.changed, deleted = NULL
            """, workspace, monitor.name, monitor.specification.endpoint, monitor.revision,
            try DocumentText.encode(monitor.specification), monitor.created, monitor.changed)
    }

    private static let selection = "SELECT document, revision, created, changed FROM monitor"

    private func decode(_ row: Row) throws -> Monitor {
        Monitor(
            specification: try DocumentText.decode(MonitorSpecification.self, from: try row["document"]), revision: try row["revision"],
            created: try row["created"], changed: try row["changed"])
    }
}
