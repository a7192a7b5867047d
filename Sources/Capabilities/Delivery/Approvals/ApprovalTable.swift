// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Rows of `approval`.
struct ApprovalTable {
    let transaction: any Transaction
    let workspace: String

    func insert(_ approval: Approval) throws {
        try transaction.execute(
            """
            INSERT INTO approval (workspace, id, endpoint, model, version, gate_report, gate_report_digest, requested_by, requested, expires, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            workspace, approval.id, approval.subject.endpoint, approval.subject.model, approval.subject.version, approval.gateReport,
            approval.gateReportDigest, approval.requestedBy, approval.requested, approval.expires, approval.state.rawValue)
    }

    /// Keeps a decision; a row that is no longer pending stays as it is.
    func decide(_ approval: Approval) throws {
        let changed = try transaction.execute(
            "UPDATE approval SET state = ?, decided_by = ?, decided = ?, comment = ? WHERE workspace = ? AND id = ? AND state = 'pending'",
            approval.state.rawValue, approval.decidedBy, approval.decided, approval.comment, workspace, approval.id)
        precondition(changed == 1, "A decision follows a reading of the pending row in the same transaction.")
    }

    func find(_ id: String) throws -> Approval? {
        try transaction.row(Self.selection + " WHERE workspace = ? AND id = ?", workspace, id).map(decode)
    }

    func require(_ id: String) throws -> Approval {
        guard let approval = try find(id) else {
            throw Problem(
                .notFound, "delivery.approval.unknown", "Approval '\(id.printable)' does not exist.", fix: "List them: dhow approval list.")
        }
        return approval
    }

    /// Newest first.
    func list(state: Approval.State?, endpoint: String?, after: String?, limit: Int) throws -> [Approval] {
        var sql = Self.selection + " WHERE workspace = ?"
        var values: [DatabaseValue] = [.text(workspace)]
        for (column, value) in [("state =", state?.rawValue), ("endpoint =", endpoint), ("id <", after)] {
            guard let value else { continue }
            sql += " AND \(column) ?"
            values.append(.text(value))
        }
        values.append(.integer(Int64(PageLimit.clamp(limit))))
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT ?", values: values).map(decode)
    }

    private static let selection = """
        SELECT id, endpoint, model, version, gate_report, gate_report_digest, requested_by, requested, expires, state, decided_by, decided,
        comment FROM approval
        """

    private func decode(_ row: Row) throws -> Approval {
        guard let state = Approval.State(rawValue: try row["state"]) else {
            throw Problem(.internal, "delivery.approval.unreadable", "The state of an approval is unknown to this program.")
        }
        return Approval(
            id: try row["id"], subject: ReleaseSubject(endpoint: try row["endpoint"], model: try row["model"], version: try row["version"]),
            gateReport: try row["gate_report"], gateReportDigest: try row["gate_report_digest"], requestedBy: try row["requested_by"],
            requested: try row["requested"], expires: try row["expires"], state: state, decidedBy: try row["decided_by"],
            decided: try row["decided"], comment: try row["comment"])
    }
}
