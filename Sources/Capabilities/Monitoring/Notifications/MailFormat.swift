// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance

/// A mail in plain text; the webhook's URL names server, sender and receivers, its secret is the password.
package struct MailFormat: WebhookFormat {
    private let events = CloudEventFormat()

    package init() {}

    package var name: String { WebhookTarget.mailFormat }
    package var contentType: String { "text/plain" }
    package var headers: WebhookHeaders { events.headers }

    package func check(event: String) throws(Problem) { try events.check(event: event) }

    package func message(
        about entry: LedgerEntry, for events: Set<String>, in transaction: any Transaction
    ) throws -> WebhookMessage? {
        let noun = entry.verb.prefix { $0 != "." }
        guard entry.outcome == .done,
            events.contains(entry.verb) || events.contains("\(noun).*") || events.contains("*")
        else { return nil }
        guard let news = try IncidentNews(entry, in: transaction) else {
            return try message(
                entry.verb, "\(entry.verb): \(entry.resource)",
                [entry.payload["message"]?.text, "\(entry.verb) of \(entry.resource) by \(entry.actor) in \(entry.workspace)."]
                    .compactMap(\.self).joined(separator: "\r\n\r\n"))
        }
        return try message(entry.verb, news.incident, news.verb, by: news.actor, in: entry.workspace)
    }

    package func example(of event: String, in workspace: String, at time: Timestamp) throws
        -> WebhookMessage
    {
        try message(
            "incident.opened", IncidentNews.example(at: time), "incident.opened", by: "system:example",
            in: workspace)
    }

    package func signingKey(of secret: String) -> [UInt8] { events.signingKey(of: secret) }

    private func message(
        _ event: String, _ incident: Incident, _ verb: String, by actor: String, in workspace: String
    ) throws -> WebhookMessage {
        var lines = [incident.summary, ""]
        lines.append("Endpoint: \(incident.endpoint)")
        lines.append("Rule: \(incident.rule) of \(incident.monitor)")
        if !incident.segment.isEmpty { lines.append("Segment: \(incident.segment)") }
        if let version = incident.version { lines.append("Version: \(version)") }
        if let owner = incident.owner { lines.append("Owner: \(owner)") }
        if let resolution = incident.resolution { lines.append("Resolution: \(resolution.rawValue)") }
        lines += ["By: \(actor)", "Workspace: \(workspace)", "", "dhow incident show \(incident.id)"]
        return try message(
            event, "[\(incident.severity.rawValue)] \(verb): \(incident.rule) of \(incident.endpoint)",
            lines.joined(separator: "\r\n"))
    }

    private func message(_ event: String, _ subject: String, _ text: String) throws -> WebhookMessage {
        WebhookMessage(
            event: event,
            body: try JSONValue.object(["subject": .string(subject), "text": .string(text)]).compactText()
        )
    }
}
