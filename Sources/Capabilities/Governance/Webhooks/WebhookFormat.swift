// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// What a webhook is sent: which events it can name, and the text for each. Implementations: `CloudEventFormat`, MLflow's.
package protocol WebhookFormat: Sendable {
    var name: String { get }
    var contentType: String { get }
    var headers: WebhookHeaders { get }

    /// - Throws: `Problem` `.invalid` when no event is called that.
    func check(event: String) throws(Problem)

    /// What a webhook with these events is told of a ledger entry; nil when it is not concerned. Reads, never writes.
    func message(about entry: LedgerEntry, for events: Set<String>, in transaction: any Transaction) throws -> WebhookMessage?

    /// What a test of this event sends.
    func example(of event: String, in workspace: String, at time: Timestamp) throws -> WebhookMessage

    /// The bytes that a secret stands for.
    func signingKey(of secret: String) -> [UInt8]
}

/// Names of the headers that carry a delivery's id, its time in seconds and its signature.
package struct WebhookHeaders: Sendable {
    package var id: String
    package var timestamp: String
    package var signature: String

    package init(id: String, timestamp: String, signature: String) {
        self.id = id
        self.timestamp = timestamp
        self.signature = signature
    }
}

package struct WebhookMessage: Sendable, Equatable {
    package var event: String
    /// JSON.
    package var body: String

    package init(event: String, body: String) {
        self.event = event
        self.body = body
    }
}

/// The formats of this installation, by name.
package struct WebhookFormats: Sendable {
    private let known: [any WebhookFormat]

    package init(_ further: [any WebhookFormat] = []) {
        known = [CloudEventFormat()] + further
    }

    /// - Throws: `Problem` `.invalid`.
    package func named(_ name: String) throws(Problem) -> any WebhookFormat {
        guard let format = known.first(where: { $0.name == name }) else {
            throw Problem(
                .invalid, "webhook.format.unknown", "'\(name.printable)' is not a format of webhooks.",
                fix: "Use one of \(known.map(\.name).joined(separator: ", ")).")
        }
        return format
    }
}
