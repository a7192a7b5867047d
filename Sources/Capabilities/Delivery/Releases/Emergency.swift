// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// A release that skipped its gates because somebody said it could not wait, and a second person agreed. It stays open until a third look:
/// somebody other than who asked for it closes it with a note.
package struct Emergency: Codable, Equatable, Sendable {
    /// The gate under whose name such a release's report stands; no gate can be declared by it.
    package static let gate = "break-glass"
    package static let lifetime = Duration.seconds(3600)

    /// Id of the gate report that says that no gate was asked.
    package var report: String
    package var approval: String
    package var subject: ReleaseSubject
    package var reason: String
    package var askedBy: String
    package var asked: Timestamp
    /// Nil until it was used.
    package var release: String?
    package var opened: Timestamp?
    package var closed: Timestamp?
    package var closedBy: String?
    package var note: String?

    package var isOpen: Bool { opened != nil && closed == nil }
}

/// Rows of `emergency`.
struct EmergencyTable {
    let transaction: any Transaction
    let workspace: String

    func insert(_ emergency: Emergency) throws {
        try transaction.execute(
            """
            INSERT INTO emergency (workspace, report, approval, endpoint, model, version, reason, asked_by, asked)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, workspace, emergency.report, emergency.approval, emergency.subject.endpoint, emergency.subject.model,
            emergency.subject.version, emergency.reason, emergency.askedBy, emergency.asked)
    }

    func find(report: String) throws -> Emergency? {
        try transaction.row("\(Self.selection) WHERE workspace = ? AND report = ?", workspace, report).map(decode)
    }

    func require(release: String) throws -> Emergency {
        guard let row = try transaction.row("\(Self.selection) WHERE workspace = ? AND release = ?", workspace, release) else {
            throw Problem(
                .notFound, "delivery.emergency.unknown", "Release '\(release.printable)' skipped no gate.",
                fix: "List those that did: dhow release emergencies.")
        }
        return try decode(row)
    }

    /// Newest first, by report.
    func list(isOpen: Bool?, after: String?, limit: Int) throws -> [Emergency] {
        var sql = "\(Self.selection) WHERE workspace = ?"
        var values: [DatabaseValue] = [.text(workspace)]
        if let isOpen { sql += isOpen ? " AND opened IS NOT NULL AND closed IS NULL" : " AND closed IS NOT NULL" }
        if let after {
            sql += " AND report < ?"
            values.append(.text(after))
        }
        values.append(.integer(Int64(PageLimit.clamp(limit))))
        return try transaction.rows(sql + " ORDER BY report DESC LIMIT ?", values: values).map(decode)
    }

    func open(_ report: String, by release: String, at time: Timestamp) throws {
        try transaction.execute(
            "UPDATE emergency SET release = ?, opened = ? WHERE workspace = ? AND report = ?", release, time, workspace, report)
    }

    func close(_ emergency: Emergency) throws {
        try transaction.execute(
            "UPDATE emergency SET closed = ?, closed_by = ?, note = ? WHERE workspace = ? AND report = ?", emergency.closed,
            emergency.closedBy, emergency.note, workspace, emergency.report)
    }

    private static let selection = """
        SELECT report, approval, endpoint, model, version, reason, asked_by, asked, release, opened, closed, closed_by, note FROM emergency
        """

    private func decode(_ row: Row) throws -> Emergency {
        Emergency(
            report: try row["report"], approval: try row["approval"],
            subject: ReleaseSubject(endpoint: try row["endpoint"], model: try row["model"], version: try row["version"]),
            reason: try row["reason"], askedBy: try row["asked_by"], asked: try row["asked"], release: try row["release"],
            opened: try row["opened"], closed: try row["closed"], closedBy: try row["closed_by"], note: try row["note"])
    }
}
