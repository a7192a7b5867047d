// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation

/// Ledger entries as CloudEvents 1.0 in JSON, with the headers of Standard Webhooks.
///
/// A webhook names verbs (`version.registered`), all verbs of a noun (`rollout.*`), or all (`*`).
package struct CloudEventFormat: WebhookFormat {
    package static let name = "cloudevents"

    package init() {}

    package var name: String { Self.name }
    package var contentType: String { "application/cloudevents+json" }
    package var headers: WebhookHeaders {
        WebhookHeaders(id: "webhook-id", timestamp: "webhook-timestamp", signature: "webhook-signature")
    }

    package func check(event: String) throws(Problem) {
        if event == "*" { return }
        let parts = event.split(separator: ".", omittingEmptySubsequences: false)
        func isWord(_ part: Substring) -> Bool {
            !part.isEmpty && part.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        }
        guard event.utf8.count <= 100, parts.count == 2, isWord(parts[0]), parts[1] == "*" || isWord(parts[1]) else {
            throw Problem(
                .invalid, "webhook.event.unknown", "'\(event.printable)' is not an event.",
                fix: "Name one such as 'version.registered', all of a noun such as 'rollout.*', or '*'.")
        }
    }

    package func message(about entry: LedgerEntry, for events: Set<String>, in transaction: any Transaction) throws -> WebhookMessage? {
        let noun = entry.verb.prefix { $0 != "." }
        guard entry.outcome == .done, events.contains(entry.verb) || events.contains("\(noun).*") || events.contains("*") else {
            return nil
        }
        return try message(
            entry.verb, id: entry.id, subject: entry.resource, workspace: entry.workspace, time: entry.time,
            data: ["actor": .string(entry.actor), "details": entry.payload])
    }

    package func example(of event: String, in workspace: String, at time: Timestamp) throws -> WebhookMessage {
        try message(
            event.contains("*") ? "webhook.tested" : event, id: "example", subject: "example", workspace: workspace, time: time,
            data: ["actor": "system:example", "details": ["example": true]])
    }

    /// `whsec_` and base 64, as Standard Webhooks has them; any other text is its own bytes.
    package func signingKey(of secret: String) -> [UInt8] {
        let prefix = "whsec_"
        if secret.hasPrefix(prefix), let key = Data(base64Encoded: String(secret.dropFirst(prefix.count))) { return Array(key) }
        return Array(secret.utf8)
    }

    private func message(
        _ type: String, id: String, subject: String, workspace: String, time: Timestamp, data: JSONValue
    ) throws -> WebhookMessage {
        let event: JSONValue = [
            "specversion": "1.0", "id": .string(id), "source": .string("/workspaces/\(workspace)"), "type": .string(type),
            "subject": .string(subject), "time": .string(time.rfc3339), "datacontenttype": "application/json", "data": data,
        ]
        return WebhookMessage(event: type, body: try event.compactText())
    }
}

extension Timestamp {
    /// `2026-11-24T08:30:00.125Z`.
    package var rfc3339: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

extension JSONValue {
    /// Without spaces, members in order of their names.
    package func compactText() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
