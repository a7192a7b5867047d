// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance

/// What Slack's incoming webhooks take, and what takes the same, such as Mattermost and Rocket.Chat: one text, of incidents with what is known
/// of them, of any other event with its resource. They check no signature; the URL is the secret.
package struct SlackFormat: WebhookFormat {
    private let events = CloudEventFormat()

    package init() {}

    package var name: String { "slack" }
    package var contentType: String { "application/json" }
    package var headers: WebhookHeaders { events.headers }

    package func check(event: String) throws(Problem) { try events.check(event: event) }

    package func message(about entry: LedgerEntry, for events: Set<String>, in transaction: any Transaction) throws -> WebhookMessage? {
        let noun = entry.verb.prefix { $0 != "." }
        guard entry.outcome == .done, events.contains(entry.verb) || events.contains("\(noun).*") || events.contains("*") else {
            return nil
        }
        guard let news = try IncidentNews(entry, in: transaction) else {
            let what = "\(entry.verb): \(entry.resource) by \(entry.actor) in \(entry.workspace)"
            return try message(entry.verb, [what, entry.payload["message"]?.text].compactMap(\.self).joined(separator: "\n"))
        }
        return try message(entry.verb, Self.text(news.incident, news.verb, by: news.actor, in: entry.workspace))
    }

    package func example(of event: String, in workspace: String, at time: Timestamp) throws -> WebhookMessage {
        try message(
            "incident.opened", Self.text(IncidentNews.example(at: time), "incident.opened", by: "system:example", in: workspace))
    }

    package func signingKey(of secret: String) -> [UInt8] { events.signingKey(of: secret) }

    private func message(_ event: String, _ text: String) throws -> WebhookMessage {
        WebhookMessage(event: event, body: try JSONValue.object(["text": .string(Self.escaped(text))]).compactText())
    }

    private static func text(_ incident: Incident, _ verb: String, by actor: String, in workspace: String) -> String {
        var lines = [
            "*\(incident.severity.rawValue)* \(verb) \(incident.rule) of \(incident.endpoint) (\(workspace)) by \(actor)", incident.summary,
        ]
        if !incident.segment.isEmpty { lines.append("Segment: \(incident.segment)") }
        if let version = incident.version { lines.append("Version: \(version)") }
        if let owner = incident.owner { lines.append("Owner: \(owner)") }
        if let resolution = incident.resolution { lines.append("Resolution: \(resolution.rawValue)") }
        lines.append("Incident: \(incident.id)")
        return lines.joined(separator: "\n")
    }

    /// The three characters that mean something in Slack's texts.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
