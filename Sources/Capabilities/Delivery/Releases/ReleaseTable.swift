// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Rows of `release`.
struct ReleaseTable {
    let transaction: any Transaction
    let workspace: String

    func insert(_ release: Release) throws {
        try transaction.execute(
            """
            INSERT INTO release (workspace, id, endpoint, model, version, revision, rollout, gate_report, approval, state, created_by, created)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            workspace, release.id, release.subject.endpoint, release.subject.model, release.subject.version, release.revision,
            release.rollout, release.gateReport, release.approval, release.state.rawValue, release.createdBy, release.created)
    }

    func finish(_ id: String, as state: Release.State, at time: Timestamp) throws {
        try transaction.execute(
            "UPDATE release SET state = ?, finished = ? WHERE workspace = ? AND id = ?", state.rawValue, time, workspace, id)
    }

    func require(_ id: String) throws -> Release {
        guard let row = try transaction.row(Self.selection + " WHERE workspace = ? AND id = ?", workspace, id) else {
            throw Problem(
                .notFound, "delivery.release.unknown", "Release '\(id.printable)' does not exist.", fix: "List them: dhow release list.")
        }
        return try decode(row)
    }

    func find(approval: String) throws -> Release? {
        try transaction.row(Self.selection + " WHERE workspace = ? AND approval = ?", workspace, approval).map(decode)
    }

    /// Newest first.
    func list(endpoint: String?, after: String?, limit: Int) throws -> [Release] {
        var sql = Self.selection + " WHERE workspace = ?"
        var values: [DatabaseValue] = [.text(workspace)]
        for (column, value) in [("endpoint =", endpoint), ("id <", after)] {
            guard let value else { continue }
            sql += " AND \(column) ?"
            values.append(.text(value))
        }
        values.append(.integer(Int64(PageLimit.clamp(limit))))
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT ?", values: values).map(decode)
    }

    private static let selection = """
        SELECT id, endpoint, model, version, revision, rollout, gate_report, approval, state, created_by, created, finished FROM release
        """

    private func decode(_ row: Row) throws -> Release {
        guard let state = Release.State(rawValue: try row["state"]) else {
            throw Problem(.internal, "delivery.release.unreadable", "The state of a release is unknown to this program.")
        }
        return Release(
            id: try row["id"], subject: ReleaseSubject(endpoint: try row["endpoint"], model: try row["model"], version: try row["version"]),
            revision: try row["revision"], rollout: try row["rollout"], gateReport: try row["gate_report"], approval: try row["approval"],
            state: state, createdBy: try row["created_by"], created: try row["created"], finished: try row["finished"])
    }
}
