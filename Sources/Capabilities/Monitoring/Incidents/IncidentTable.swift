// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// Something only a person can settle, opened by an evaluation.
package struct Incident: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        case dataFault = "data-fault"
    }

    package enum Resolution: String, Codable, CaseIterable, Sendable {
        /// The data were broken and are, or will be, as before; windows so judged stay unfit for comparison.
        case repaired
        /// The data are right as they now are; later windows may be compared with them.
        case accepted
    }

    package var id: String
    package var endpoint: String
    package var monitor: String
    package var kind: Kind
    package var summary: String
    /// The first window in which it was seen.
    package var window: Window
    package var evaluation: String
    package var opened: Timestamp
    package var closed: Timestamp?
    package var closedBy: String?
    package var resolution: Resolution?
    package var note: String?
}

/// Rows of `incident`.
struct IncidentTable {
    let transaction: any Transaction
    let workspace: String

    func find(_ id: String) throws -> Incident? {
        try transaction.row("\(Self.selection) WHERE workspace = ? AND id = ?", workspace, id).map(decode)
    }

    func require(_ id: String) throws -> Incident {
        guard let incident = try find(id) else {
            throw Problem(
                .notFound, "monitoring.incident.unknown", "Incident '\(id.printable)' does not exist.",
                fix: "List them: dhow incident list.")
        }
        return incident
    }

    /// At most 1000, oldest first.
    func open(endpoint: String) throws -> [Incident] {
        try transaction.rows(
            "\(Self.selection) WHERE workspace = ? AND endpoint = ? AND closed IS NULL ORDER BY id LIMIT 1000", workspace, endpoint
        ).map(decode)
    }

    /// Newest first.
    func list(endpoint: String?, isOpen: Bool?, after: String?, limit: Int) throws -> [Incident] {
        var sql = "\(Self.selection) WHERE workspace = ?"
        var values: [DatabaseValue] = [.text(workspace)]
        if let endpoint {
            sql += " AND endpoint = ?"
            values.append(.text(endpoint))
        }
        if let isOpen { sql += isOpen ? " AND closed IS NULL" : " AND closed IS NOT NULL" }
        if let after {
            sql += " AND id < ?"
            values.append(.text(after))
        }
        values.append(.integer(Int64(DocumentText.page(limit))))
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT ?", values: values).map(decode)
    }

    func insert(_ incident: Incident) throws {
        try transaction.execute(
            """
            INSERT INTO incident (workspace, id, endpoint, monitor, kind, summary, window_start, window_end, evaluation, opened)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, workspace, incident.id, incident.endpoint, incident.monitor, incident.kind.rawValue, incident.summary,
            incident.window.start, incident.window.end, incident.evaluation, incident.opened)
    }

    func close(_ incident: Incident) throws {
        try transaction.execute(
            "UPDATE incident SET closed = ?, closed_by = ?, resolution = ?, note = ? WHERE workspace = ? AND id = ?", incident.closed,
            incident.closedBy, incident.resolution?.rawValue, incident.note, workspace, incident.id)
    }

    private static let selection = """
        SELECT id, endpoint, monitor, kind, summary, window_start, window_end, evaluation, opened, closed, closed_by, resolution, note
        FROM incident
        """

    private func decode(_ row: Row) throws -> Incident {
        let kind: String = try row["kind"]
        let resolution: String? = try row["resolution"]
        return Incident(
            id: try row["id"], endpoint: try row["endpoint"], monitor: try row["monitor"],
            kind: Incident.Kind(rawValue: kind) ?? .dataFault,
            summary: try row["summary"], window: Window(start: try row["window_start"], end: try row["window_end"]),
            evaluation: try row["evaluation"], opened: try row["opened"], closed: try row["closed"], closedBy: try row["closed_by"],
            resolution: resolution.flatMap(Incident.Resolution.init(rawValue:)), note: try row["note"])
    }
}
