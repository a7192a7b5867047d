// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// One line of an incident's timeline; never changed.
package struct IncidentEntry: Codable, Equatable, Sendable {
    package enum Act: String, Codable, CaseIterable, Sendable {
        case opened, reopened, acknowledged, snoozed, woken, assigned, commented, closed
    }

    package var id: String
    package var incident: String
    package var time: Timestamp
    package var actor: String
    package var act: Act
    /// Why, in the actor's words.
    package var note: String?
    /// What the act was about: the new owner, until when, the resolution, the evaluation.
    package var detail: String?
}

/// Rows of `incident_entry`.
struct IncidentEntryTable {
    let transaction: any Transaction
    let workspace: String

    func insert(_ entry: IncidentEntry) throws {
        try transaction.execute(
            "INSERT INTO incident_entry (workspace, id, incident, time, actor, act, note, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            workspace, entry.id, entry.incident, entry.time, entry.actor, entry.act.rawValue, entry.note, entry.detail)
    }

    /// Oldest first, at most the last 1000.
    func list(_ incident: String) throws -> [IncidentEntry] {
        try transaction.rows(
            """
            SELECT id, incident, time, actor, act, note, detail FROM incident_entry
            WHERE workspace = ? AND incident = ? ORDER BY id DESC LIMIT 1000
            """, workspace, incident
        ).map { row in
            let act: String = try row["act"]
            return IncidentEntry(
                id: try row["id"], incident: try row["incident"], time: try row["time"], actor: try row["actor"],
                act: IncidentEntry.Act(rawValue: act) ?? .commented, note: try row["note"], detail: try row["detail"])
        }.reversed()
    }
}
