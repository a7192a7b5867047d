// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// Opens, reopens and closes incidents, and keeps their timelines, within one change: the row, its entry and the ledger's commit together.
struct IncidentDesk {
    let change: Change

    private var table: IncidentTable { IncidentTable(transaction: change.transaction, workspace: change.workspace) }
    private var entries: IncidentEntryTable { IncidentEntryTable(transaction: change.transaction, workspace: change.workspace) }

    func open(_ incident: Incident) throws {
        try table.insert(incident)
        try tell(.opened, incident, detail: incident.evaluation)
        try change.record("incident.opened", on: incident.resource, payload(incident))
    }

    func reopen(_ closed: Incident, seenIn window: Window, summary: String, evaluation: String?) throws {
        var incident = closed
        (incident.closed, incident.closedBy, incident.resolution, incident.note) = (nil, nil, nil, nil)
        (incident.acknowledged, incident.acknowledgedBy, incident.snoozedUntil) = (nil, nil, nil)
        incident.reopenedCount += 1
        incident.seenCount += 1
        incident.lastSeen = max(incident.lastSeen, window.end)
        incident.summary = summary
        try table.update(incident)
        try tell(.reopened, incident, detail: evaluation)
        try change.record("incident.reopened", on: incident.resource, payload(incident))
    }

    /// What is seen again while it is open makes no entry: its count and its last window say so.
    func see(_ open: Incident, in window: Window, summary: String) throws {
        guard window.end > open.lastSeen else { return }
        var incident = open
        incident.seenCount += 1
        incident.lastSeen = window.end
        incident.summary = summary
        try table.update(incident)
    }

    @discardableResult
    func close(_ open: Incident, as resolution: Incident.Resolution, note: String) throws -> Incident {
        var incident = open
        incident.closed = change.time
        incident.closedBy = change.caller.principal.qualifiedName
        incident.snoozedUntil = nil
        incident.resolution = resolution
        incident.note = note
        try table.update(incident)
        try tell(.closed, incident, note: note, detail: resolution.rawValue)
        var details = payload(incident)
        details["resolution"] = .string(resolution.rawValue)
        details["noteDigest"] = .string(DocumentText.digest(of: note).description)
        try change.record("incident.closed", on: incident.resource, details)
        return incident
    }

    /// Saves what a person, or time, changed.
    func save(_ incident: Incident, _ act: IncidentEntry.Act, note: String?, detail: String? = nil) throws {
        try table.update(incident)
        try tell(act, incident, note: note, detail: detail)
        var details = payload(incident)
        if let note { details["noteDigest"] = .string(DocumentText.digest(of: note).description) }
        if act == .snoozed { details["until"] = incident.snoozedUntil.map { .integer($0.milliseconds) } ?? .null }
        if act == .assigned { details["owner"] = incident.owner.map { .string($0) } ?? .null }
        try change.record("incident.\(act.rawValue)", on: incident.resource, details)
    }

    private func tell(_ act: IncidentEntry.Act, _ incident: Incident, note: String? = nil, detail: String? = nil) throws {
        try entries.insert(
            IncidentEntry(
                id: change.newIdentifier(), incident: incident.id, time: change.time, actor: change.caller.principal.qualifiedName,
                act: act,
                note: note, detail: detail))
    }

    private func payload(_ incident: Incident) -> [String: JSONValue] {
        [
            "endpoint": .string(incident.endpoint), "monitor": .string(incident.monitor), "kind": .string(incident.kind.rawValue),
            "severity": .string(incident.severity.rawValue), "rule": .string(incident.rule),
            "version": incident.version.map { .integer(Int64($0)) } ?? .null, "segment": .string(incident.segment),
            "evaluation": incident.evaluation.map { .string($0) } ?? .null,
            "windowStart": .integer(incident.window.start.milliseconds), "windowEnd": .integer(incident.window.end.milliseconds),
        ]
    }
}
