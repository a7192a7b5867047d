// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Rows of `approval` with those of `approval_decision`.
struct ApprovalTable {
    let transaction: any Transaction
    let workspace: String
    /// An approval that nobody decided until then has expired.
    let now: Timestamp

    func insert(_ approval: Approval) throws {
        try transaction.execute(
            """
            INSERT INTO approval (workspace, id, endpoint, model, version, gate_report, gate_report_digest, requested_by, requested, expires,
                state, rule, next_reminder)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)
            """,
            workspace, approval.id, approval.subject.endpoint, approval.subject.model, approval.subject.version, approval.gateReport,
            approval.gateReportDigest, approval.requestedBy, approval.requested, approval.expires, try DocumentText.encode(approval.rule),
            approval.rule.remindAfterSeconds.map { approval.requested + .seconds($0) })
    }

    /// Keeps one person's decision, and the approval's state as `state` is after it.
    func add(_ decision: ApprovalDecision, to id: String, _ state: Approval.State) throws {
        try transaction.execute(
            """
            INSERT INTO approval_decision (workspace, approval, principal, decision, comment, decided, entry, link)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, workspace, id, decision.principal, decision.decision.rawValue, decision.comment, decision.decided, decision.entry,
            decision.link)
        guard state != .pending else { return }
        let changed = try transaction.execute(
            "UPDATE approval SET state = ?, decided_by = ?, decided = ?, comment = ? WHERE workspace = ? AND id = ? AND state = 'pending'",
            state.rawValue, decision.principal, decision.decided, decision.comment, workspace, id)
        precondition(changed == 1, "A decision follows a reading of the pending row in the same transaction.")
    }

    func withdraw(_ id: String, by principal: String) throws {
        try transaction.execute(
            "UPDATE approval SET withdrawn = ?, withdrawn_by = ? WHERE workspace = ? AND id = ? AND withdrawn IS NULL", now, principal,
            workspace, id)
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
        switch state {
        case nil: break
        case .withdrawn: sql += " AND withdrawn IS NOT NULL"
        case .pending, .expired:
            sql += " AND withdrawn IS NULL AND state = 'pending' AND expires \(state == .pending ? ">" : "<=") ?"
            values.append(now.databaseValue)
        case .approved, .rejected:
            sql += " AND withdrawn IS NULL AND state = ?"
            values.append(.text(state?.rawValue ?? ""))
        }
        for (column, value) in [("endpoint =", endpoint), ("id <", after)] {
            guard let value else { continue }
            sql += " AND \(column) ?"
            values.append(.text(value))
        }
        values.append(.integer(Int64(PageLimit.clamp(limit))))
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT ?", values: values).map(decode)
    }

    /// Of all workspaces, open approvals whose next reminder is due, or whose end nobody was told of; at most 100.
    static func due(at now: Timestamp, in transaction: any Transaction) throws -> [(workspace: String, id: String)] {
        try transaction.rows(
            """
            SELECT workspace, id FROM approval WHERE state = 'pending' AND withdrawn IS NULL AND expiry_told IS NULL
                AND (expires <= ? OR next_reminder <= ?) ORDER BY expires LIMIT 100
            """, now, now
        ).map { (try $0["workspace"], try $0["id"]) }
    }

    func isReminderDue(_ id: String) throws -> Bool {
        try transaction.row(
            "SELECT 1 AS due FROM approval WHERE workspace = ? AND id = ? AND next_reminder <= ? AND expiry_told IS NULL", workspace, id,
            now
        ) != nil
    }

    func remindNext(_ id: String, at time: Timestamp) throws {
        try transaction.execute("UPDATE approval SET next_reminder = ? WHERE workspace = ? AND id = ?", time, workspace, id)
    }

    /// - Returns: Whether nobody had been told.
    func tellExpiry(_ id: String) throws -> Bool {
        try transaction.execute(
            "UPDATE approval SET expiry_told = ? WHERE workspace = ? AND id = ? AND expiry_told IS NULL", now, workspace, id) > 0
    }

    private static let selection = """
        SELECT id, endpoint, model, version, gate_report, gate_report_digest, requested_by, requested, expires, state, decided_by, decided,
        comment, rule, withdrawn, withdrawn_by FROM approval
        """

    private func decode(_ row: Row) throws -> Approval {
        let text: String = try row["state"]
        guard var state = Approval.State(rawValue: text) else {
            throw Problem(.internal, "delivery.approval.unreadable", "The state of an approval is unknown to this program.")
        }
        let (requested, expires): (Timestamp, Timestamp) = (try row["requested"], try row["expires"])
        let withdrawn: Timestamp? = try row["withdrawn"]
        if withdrawn != nil { state = .withdrawn } else if state == .pending, now >= expires { state = .expired }
        let rule = try (row["rule"] as String?).map { try DocumentText.decode(ApprovalRule.self, from: $0) }
        var approval = Approval(
            id: try row["id"], subject: ReleaseSubject(endpoint: try row["endpoint"], model: try row["model"], version: try row["version"]),
            gateReport: try row["gate_report"], gateReportDigest: try row["gate_report_digest"], requestedBy: try row["requested_by"],
            requested: requested,
            rule: rule ?? ApprovalRule(lifetime: .milliseconds(expires.milliseconds - requested.milliseconds)), expires: expires,
            state: state, withdrawnBy: try row["withdrawn_by"], withdrawn: withdrawn)
        approval.decisions = try decisions(of: approval.id, row)
        return approval
    }

    /// An approval of an earlier release of this program has its one decision in its own row, without the id of its ledger entry.
    private func decisions(of id: String, _ row: Row) throws -> [ApprovalDecision] {
        let found = try transaction.rows(
            """
            SELECT principal, decision, comment, decided, entry, link FROM approval_decision WHERE workspace = ? AND approval = ?
            ORDER BY decided, entry
            """, workspace, id
        ).map { row in
            ApprovalDecision(
                principal: try row["principal"], decision: try row["decision"] == "approve" ? .approve : .reject,
                comment: try row["comment"], decided: try row["decided"], entry: try row["entry"], link: try row["link"])
        }
        guard found.isEmpty, let principal: String = try row["decided_by"], let decided: Timestamp = try row["decided"] else {
            return found
        }
        let state: String = try row["state"]
        return [
            ApprovalDecision(
                principal: principal, decision: state == "approved" ? .approve : .reject, comment: try row["comment"] ?? "",
                decided: decided, entry: "")
        ]
    }
}
