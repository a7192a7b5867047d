// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance

/// Alerts as Prometheus Alertmanager's API v2 takes them (`POST /api/v2/alerts`), so that routing, grouping and silences are its own.
///
/// An incident is one alert: its labels stay the same, so that opening and closing it are about the same alert. Alertmanager forgets what is not
/// told again, so an open incident ends a year from now, and a closed one when it was closed.
package struct AlertmanagerFormat: WebhookFormat {
    /// Marks our own alerts, so that they are no news when they come back by Alertmanager's webhook.
    package static let incidentLabel = "dhow_incident"
    private static let longest = Duration.seconds(365 * 86_400)

    private let events = CloudEventFormat()

    package init() {}

    package var name: String { "alertmanager" }
    package var contentType: String { "application/json" }
    package var headers: WebhookHeaders { events.headers }

    package func check(event: String) throws(Problem) { try IncidentNews.check(event: event, of: "Alertmanager") }

    package func message(about entry: LedgerEntry, for events: Set<String>, in transaction: any Transaction) throws -> WebhookMessage? {
        guard IncidentNews.isWanted(entry.verb, by: events), let news = try IncidentNews(entry, in: transaction),
            news.incident.kind != .external
        else { return nil }
        return WebhookMessage(event: entry.verb, body: try Self.alerts(news.incident, in: entry.workspace, at: entry.time).compactText())
    }

    package func example(of event: String, in workspace: String, at time: Timestamp) throws -> WebhookMessage {
        var incident = IncidentNews.example(at: time)
        incident.closed = time + .seconds(60)
        return WebhookMessage(event: "incident.opened", body: try Self.alerts(incident, in: workspace, at: time).compactText())
    }

    package func signingKey(of secret: String) -> [UInt8] { events.signingKey(of: secret) }

    private static func alerts(_ incident: Incident, in workspace: String, at time: Timestamp) -> JSONValue {
        var labels: [String: JSONValue] = [
            "alertname": .string(incident.rule), "severity": .string(incident.severity.rawValue), "workspace": .string(workspace),
            "endpoint": .string(incident.endpoint), "monitor": .string(incident.monitor), incidentLabel: .string(incident.id),
        ]
        if !incident.segment.isEmpty { labels["segment"] = .string(incident.segment) }
        if let version = incident.version { labels["version"] = .string(String(version)) }
        return [
            [
                "labels": .object(labels), "annotations": ["summary": .string(incident.summary)],
                "startsAt": .string(incident.opened.rfc3339), "endsAt": .string((incident.closed ?? time + longest).rfc3339),
            ]
        ]
    }
}
