// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// One model version as an endpoint serves it; immutable but for its retirement.
package struct Revision: Codable, Equatable, Sendable {
    package var endpoint: String
    /// From 1, without gaps.
    package var number: Int
    package var model: String
    package var version: Int
    package var release: String
    package var created: Timestamp
    /// Since when it answers no requests and may be unloaded; a rollback brings it back.
    package var retired: Timestamp?
}

/// Rows of `revision`.
package struct RevisionTable {
    package let transaction: any Transaction
    package let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    /// The revisions of an endpoint, newest first.
    package func revisions(_ endpoint: String, limit: Int = 100) throws -> [Revision] {
        try transaction.rows(
            Self.selection + " WHERE workspace = ? AND endpoint = ? ORDER BY number DESC LIMIT ?", workspace, endpoint,
            PageLimit.clamp(limit)
        ).map(decode)
    }

    package func find(_ endpoint: String, _ number: Int) throws -> Revision? {
        try transaction.row(Self.selection + " WHERE workspace = ? AND endpoint = ? AND number = ?", workspace, endpoint, number).map(
            decode)
    }

    /// - Throws: `Problem` `.internal` when a row that others refer to is gone.
    func require(_ endpoint: String, _ number: Int) throws -> Revision {
        guard let revision = try find(endpoint, number) else {
            throw Problem(.internal, "delivery.revision.missing", "Revision \(number) of endpoint '\(endpoint)' is missing.")
        }
        return revision
    }

    func nextNumber(_ endpoint: String) throws -> Int {
        try transaction.row(
            "SELECT COALESCE(MAX(number), 0) + 1 AS next FROM revision WHERE workspace = ? AND endpoint = ?", workspace, endpoint
        ).map { try $0["next"] } ?? 1
    }

    func insert(_ revision: Revision) throws {
        try transaction.execute(
            "INSERT INTO revision (workspace, endpoint, number, model, version, release, created) VALUES (?, ?, ?, ?, ?, ?, ?)", workspace,
            revision.endpoint, revision.number, revision.model, revision.version, revision.release, revision.created)
    }

    /// - Parameter time: Nil brings the revision back.
    func retire(_ endpoint: String, _ number: Int, at time: Timestamp?) throws {
        try transaction.execute(
            "UPDATE revision SET retired = ? WHERE workspace = ? AND endpoint = ? AND number = ?", time, workspace, endpoint, number)
    }

    private static let selection = "SELECT endpoint, number, model, version, release, created, retired FROM revision"

    private func decode(_ row: Row) throws -> Revision {
        Revision(
            endpoint: try row["endpoint"], number: try row["number"], model: try row["model"], version: try row["version"],
            release: try row["release"], created: try row["created"], retired: try row["retired"])
    }
}
