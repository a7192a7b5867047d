// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// A place outside that is told of events of its workspace.
package struct Webhook: Codable, Sendable, Equatable {
    package enum Status: String, Codable, CaseIterable, Sendable, DatabaseConvertible { case active, disabled }

    package var id: String
    package var workspace: String
    package var name: String
    package var url: String
    package var description: String?
    /// In the words of the format.
    package var events: [String]
    /// Name of the `WebhookFormat` that says what is sent.
    package var format: String
    package var status: Status
    /// Whether it has a secret, which itself is never shown.
    package var isSigned: Bool
    package var author: String
    package var created: Timestamp
    package var updated: Timestamp

    static func unknown(_ id: String) -> Problem {
        Problem(.notFound, "webhook.unknown", "Webhook with id '\(id.printable)' not found.", fix: "List them: dhow webhook list.")
    }
}

/// What someone asks for when making a webhook.
package struct NewWebhook: Sendable {
    package var name: String
    package var url: String
    package var description: String?
    package var events: [String]
    package var format: String
    package var secret: String?
    package var status: Webhook.Status

    package init(
        name: String, url: String, description: String? = nil, events: [String], format: String = CloudEventFormat.name,
        secret: String? = nil, status: Webhook.Status = .active
    ) {
        self.name = name
        self.url = url
        self.description = description
        self.events = events
        self.format = format
        self.secret = secret
        self.status = status
    }
}

/// What is to be another; nil stays as it is. An empty description or secret is taken away.
package struct WebhookChanges: Sendable {
    package var name: String?
    package var url: String?
    package var description: String?
    package var events: [String]?
    package var secret: String?
    package var status: Webhook.Status?

    package init(
        name: String? = nil, url: String? = nil, description: String? = nil, events: [String]? = nil, secret: String? = nil,
        status: Webhook.Status? = nil
    ) {
        self.name = name
        self.url = url
        self.description = description
        self.events = events
        self.secret = secret
        self.status = status
    }

    /// Names of what changes, for the ledger.
    var fields: [String] {
        [
            ("name", name != nil), ("url", url != nil), ("description", description != nil), ("events", events != nil),
            ("secret", secret != nil), ("status", status != nil),
        ].filter(\.1).map(\.0)
    }
}
