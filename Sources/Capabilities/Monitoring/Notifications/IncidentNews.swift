// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// What a ledger entry about an incident tells, with the incident as it stands now.
struct IncidentNews {
    /// What a webhook may name: what the ledger tells of incidents.
    static let verbs = IncidentEntry.Act.allCases.map { "incident.\($0.rawValue)" }

    let incident: Incident
    let verb: String
    let actor: String

    /// Nil for an entry about something else, or an incident that is gone.
    init?(_ entry: LedgerEntry, in transaction: any Transaction) throws {
        let prefix = "incident/"
        guard entry.outcome == .done, Self.verbs.contains(entry.verb), entry.resource.hasPrefix(prefix),
            let incident = try IncidentTable(transaction: transaction, workspace: entry.workspace).find(
                String(entry.resource.dropFirst(prefix.count)))
        else { return nil }
        (self.incident, verb, actor) = (incident, entry.verb, entry.actor)
    }

    /// Whether a webhook with these events is told: the verb itself, all of incidents, or all.
    static func isWanted(_ verb: String, by events: Set<String>) -> Bool {
        events.contains(verb) || events.contains("incident.*") || events.contains("*")
    }

    static func example(at time: Timestamp) -> Incident {
        Incident(
            id: "example", endpoint: "example", monitor: "example", kind: .operations, severity: .info, rule: "example",
            summary: "This is a test of the way that notifications take.", window: Window(start: time - .seconds(3600), end: time),
            lastSeen: time, opened: time)
    }

    static func check(event: String, of format: String) throws(Problem) {
        guard event == "*" || event == "incident.*" || verbs.contains(event) else {
            throw Problem(
                .invalid, "webhook.event.unknown", "'\(event.printable)' is not an event that \(format) is told of.",
                fix: "Name one of \(verbs.joined(separator: ", ")), or 'incident.*'.")
        }
    }
}
