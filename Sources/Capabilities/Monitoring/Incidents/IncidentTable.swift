// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

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

    /// The newest of a rule, open or closed.
    func latest(_ subject: RuleSubject) throws -> Incident? {
        try transaction.row(
            """
            \(Self.selection) WHERE workspace = ? AND endpoint = ? AND monitor = ? AND rule = ? AND version = ? AND segment = ?
            ORDER BY id DESC LIMIT 1
            """, workspace, subject.endpoint, subject.monitor, subject.rule, subject.version ?? 0, subject.segment
        ).map(decode)
    }

    /// Open ones whose snooze is over, of all workspaces.
    static func due(at time: Timestamp, in transaction: any Transaction) throws -> [(workspace: String, id: String)] {
        try transaction.rows(
            "SELECT workspace, id FROM incident WHERE closed IS NULL AND snoozed_until <= ? ORDER BY snoozed_until LIMIT 100", time
        ).map { (try $0["workspace"], try $0["id"]) }
    }

    /// Newest first.
    func list(_ filter: IncidentFilter, after: String?, limit: Int) throws -> [Incident] {
        var sql = "\(Self.selection) WHERE workspace = ?"
        var values: [DatabaseValue] = [.text(workspace)]
        for (column, value) in [("endpoint", filter.endpoint), ("monitor", filter.monitor), ("owner", filter.owner)] {
            guard let value else { continue }
            sql += " AND \(column) = ?"
            values.append(.text(value))
        }
        if let isOpen = filter.isOpen { sql += isOpen ? " AND closed IS NULL" : " AND closed IS NOT NULL" }
        if let after {
            sql += " AND id < ?"
            values.append(.text(after))
        }
        values.append(.integer(Int64(DocumentText.page(limit))))
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT ?", values: values).map(decode)
    }

    /// How many incidents each rule of a monitor opened, and what people and the rule itself made of them.
    func counts(of monitor: String) throws -> [(rule: String, resolution: Incident.Resolution?, number: Int)] {
        try transaction.rows(
            """
            SELECT rule, resolution, COUNT(*) AS number FROM incident WHERE workspace = ? AND monitor = ?
            GROUP BY rule, resolution ORDER BY rule
            """, workspace, monitor
        ).map { row in
            let resolution: String? = try row["resolution"]
            return (try row["rule"], resolution.flatMap(Incident.Resolution.init(rawValue:)), try row["number"])
        }
    }

    func insert(_ incident: Incident) throws {
        try transaction.execute(
            """
            INSERT INTO incident (workspace, id, endpoint, monitor, kind, severity, rule, version, segment, summary, owner, window_start,
                window_end, last_seen, evaluation, opened)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, workspace, incident.id, incident.endpoint, incident.monitor, incident.kind.rawValue, incident.severity.rawValue,
            incident.rule, incident.version ?? 0, incident.segment, incident.summary, incident.owner, incident.window.start,
            incident.window.end, incident.lastSeen, incident.evaluation, incident.opened)
    }

    /// Saves all that may change.
    func update(_ incident: Incident) throws {
        try transaction.execute(
            """
            UPDATE incident SET severity = ?, summary = ?, owner = ?, last_seen = ?, seen_count = ?, reopened_count = ?, acknowledged = ?,
                acknowledged_by = ?, snoozed_until = ?, closed = ?, closed_by = ?, resolution = ?, note = ?
            WHERE workspace = ? AND id = ?
            """, incident.severity.rawValue, incident.summary, incident.owner, incident.lastSeen, incident.seenCount,
            incident.reopenedCount, incident.acknowledged, incident.acknowledgedBy, incident.snoozedUntil, incident.closed,
            incident.closedBy, incident.resolution?.rawValue, incident.note, workspace, incident.id)
    }

    private static let selection = """
        SELECT id, endpoint, monitor, kind, severity, rule, version, segment, summary, owner, window_start, window_end, last_seen, seen_count,
            evaluation, opened, reopened_count, acknowledged, acknowledged_by, snoozed_until, closed, closed_by, resolution, note
        FROM incident
        """

    private func decode(_ row: Row) throws -> Incident {
        let kind: String = try row["kind"]
        let severity: String = try row["severity"]
        let resolution: String? = try row["resolution"]
        let version: Int = try row["version"]
        let window = Window(start: try row["window_start"], end: try row["window_end"])
        let lastSeen: Timestamp = try row["last_seen"]
        return Incident(
            id: try row["id"], endpoint: try row["endpoint"], monitor: try row["monitor"],
            kind: Incident.Kind(rawValue: kind) ?? .external, severity: Incident.Severity(rawValue: severity) ?? .critical,
            rule: try row["rule"], version: version > 0 ? version : nil, segment: try row["segment"], summary: try row["summary"],
            owner: try row["owner"], window: window, lastSeen: max(lastSeen, window.end), seenCount: try row["seen_count"],
            evaluation: try row["evaluation"], opened: try row["opened"], reopenedCount: try row["reopened_count"],
            acknowledged: try row["acknowledged"], acknowledgedBy: try row["acknowledged_by"], snoozedUntil: try row["snoozed_until"],
            closed: try row["closed"], closedBy: try row["closed_by"],
            resolution: resolution.flatMap(Incident.Resolution.init(rawValue:)), note: try row["note"])
    }
}

/// Which incidents to list; nil takes all.
package struct IncidentFilter: Sendable {
    package var endpoint: String?
    package var monitor: String?
    package var owner: String?
    package var isOpen: Bool?

    package init(endpoint: String? = nil, monitor: String? = nil, owner: String? = nil, isOpen: Bool? = nil) {
        self.endpoint = endpoint
        self.monitor = monitor
        self.owner = owner
        self.isOpen = isOpen
    }
}
