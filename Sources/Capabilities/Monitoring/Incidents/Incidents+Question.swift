// SPDX-License-Identifier: Apache-2.0

import Domain
package import Governance

extension Incidents {
    /// Stands where other incidents have their monitor.
    package static let asking = "trigger"

    /// Asks a person, as a part of a change that may write monitors: an incident whose resolution is the answer. While one of the same trigger and
    /// endpoint is open, it is the question.
    ///
    /// - Returns: The incident's resource.
    package static func ask(
        _ question: String, about endpoint: String, by trigger: String, in change: Change
    ) throws -> String {
        let subject = RuleSubject(endpoint: endpoint, monitor: asking, rule: trigger)
        let latest = try IncidentTable(transaction: change.transaction, workspace: change.workspace)
            .latest(subject)
        if let latest, latest.isOpen { return latest.resource }
        let incident = Incident(
            id: change.newIdentifier(), endpoint: endpoint, monitor: asking, kind: .external,
            severity: .warning, rule: trigger,
            summary: question, window: Window(start: change.time, end: change.time),
            lastSeen: change.time, opened: change.time)
        try IncidentDesk(change: change).open(incident)
        return incident.resource
    }
}
