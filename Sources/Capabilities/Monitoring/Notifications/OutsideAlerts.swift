// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Governance

/// One alert that a system outside tells of.
package struct OutsideAlert: Sendable, Equatable {
    package var isFiring: Bool
    package var name: String
    package var labels: [String: String]
    package var summary: String
    package var startsAt: Timestamp
    /// The same for the same labels.
    package var fingerprint: String

    package init(
        isFiring: Bool, name: String, labels: [String: String], summary: String, startsAt: Timestamp, fingerprint: String
    ) {
        self.isFiring = isFiring
        self.name = name
        self.labels = labels
        self.summary = summary
        self.startsAt = startsAt
        self.fingerprint = fingerprint
    }
}

/// Incidents from alerts of outside: one for each alert, opened while it fires and over when it is resolved. The same alert told again changes
/// nothing, so a sender may repeat itself.
package struct OutsideAlerts: Sendable {
    package static let most = 1000
    /// Stands where other incidents have their monitor.
    package static let monitor = "alertmanager"
    private static let maximumText = 2000

    private let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// - Returns: How many incidents were opened and closed.
    package func take(_ alerts: [OutsideAlert], by caller: Caller) async throws -> OutsideAlertCount {
        guard alerts.count <= Self.most else {
            throw Problem(.invalid, "monitoring.alerts.too-many", "At most \(Self.most) alerts are taken at once.")
        }
        // What we told Alertmanager ourselves comes back by its webhooks.
        let foreign = alerts.filter { $0.labels[AlertmanagerFormat.incidentLabel] == nil }
        return try await governor.change(.monitorWrite, by: caller) { change in
            var count = OutsideAlertCount(opened: 0, closed: 0)
            for alert in foreign { try Self.take(alert, in: change, &count) }
            return count
        }
    }

    private static func take(_ alert: OutsideAlert, in change: Change, _ count: inout OutsideAlertCount) throws {
        let table = IncidentTable(transaction: change.transaction, workspace: change.workspace)
        let subject = RuleSubject(
            endpoint: text(alert.labels["endpoint"] ?? monitor, 128), monitor: monitor, rule: text(alert.name, 128),
            segment: text(alert.fingerprint, 128))
        let latest = try table.latest(subject)
        let desk = IncidentDesk(change: change)
        if let latest, latest.isOpen {
            guard !alert.isFiring else { return }
            try desk.close(latest, as: .recovered, note: "Alertmanager says that it is resolved.")
            count.closed += 1
        } else if alert.isFiring, latest?.window.start != alert.startsAt {
            let severity = alert.labels["severity"].flatMap(Incident.Severity.init(rawValue:)) ?? .critical
            try desk.open(
                Incident(
                    id: change.newIdentifier(), endpoint: subject.endpoint, monitor: monitor, kind: .external, severity: severity,
                    rule: subject.rule, segment: subject.segment, summary: text(alert.summary, maximumText),
                    window: Window(start: alert.startsAt, end: alert.startsAt), lastSeen: alert.startsAt, opened: change.time))
            count.opened += 1
        }
    }

    private static func text(_ text: String, _ limit: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit).map { $0.value == 0 ? "\u{FFFD}" : $0 }))
    }
}

package struct OutsideAlertCount: Codable, Equatable, Sendable {
    package var opened: Int
    package var closed: Int
}
