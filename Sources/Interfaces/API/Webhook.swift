// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/webhooks`.
package struct CreateWebhookRequest: Codable, Sendable {
    package var name: String
    package var url: String
    package var description: String?
    package var events: [String]
    /// `cloudevents` when absent.
    package var format: String?
    /// What messages are signed with; not signed when absent.
    package var secret: String?

    package init(name: String, url: String, description: String?, events: [String], format: String?, secret: String?) {
        self.name = name
        self.url = url
        self.description = description
        self.events = events
        self.format = format
        self.secret = secret
    }
}

/// `PATCH /api/v1/webhooks/{webhook}`: what is absent stays; an empty description or secret is taken away.
package struct UpdateWebhookRequest: Codable, Sendable {
    package var name: String?
    package var url: String?
    package var description: String?
    package var events: [String]?
    package var secret: String?
    package var status: String?

    package init(
        name: String? = nil, url: String? = nil, description: String? = nil, events: [String]? = nil, secret: String? = nil,
        status: String? = nil
    ) {
        self.name = name
        self.url = url
        self.description = description
        self.events = events
        self.secret = secret
        self.status = status
    }
}

package struct WebhookAnswer: Codable, Sendable {
    package var id: String
    package var name: String
    package var url: String
    package var description: String?
    package var events: [String]
    package var format: String
    package var status: String
    /// Whether messages are signed; the secret itself is never answered.
    package var isSigned: Bool
    package var author: String
    package var created: Int64
    package var updated: Int64

    package init(
        id: String, name: String, url: String, description: String?, events: [String], format: String, status: String, isSigned: Bool,
        author: String, created: Int64, updated: Int64
    ) {
        self.id = id
        self.name = name
        self.url = url
        self.description = description
        self.events = events
        self.format = format
        self.status = status
        self.isSigned = isSigned
        self.author = author
        self.created = created
        self.updated = updated
    }
}

/// `POST /api/v1/webhooks/{webhook}/test`.
package struct TestWebhookRequest: Codable, Sendable {
    /// The first of its events when absent.
    package var event: String?

    package init(event: String?) {
        self.event = event
    }
}

package struct WebhookTestAnswer: Codable, Sendable {
    package var success: Bool
    package var status: Int?
    /// The beginning of what the receiver answered.
    package var answer: String?
    package var error: String?

    package init(success: Bool, status: Int?, answer: String?, error: String?) {
        self.success = success
        self.status = status
        self.answer = answer
        self.error = error
    }
}

package struct WebhookDeliveryAnswer: Codable, Sendable {
    package var id: String
    /// The ledger entry it tells of.
    package var entry: String
    package var event: String
    package var state: String
    package var attempts: Int
    /// When it is tried next; only while it waits.
    package var due: Int64?
    /// Of the last answer.
    package var status: Int?
    package var error: String?
    package var created: Int64
    package var ended: Int64?

    package init(
        id: String, entry: String, event: String, state: String, attempts: Int, due: Int64?, status: Int?, error: String?, created: Int64,
        ended: Int64?
    ) {
        self.id = id
        self.entry = entry
        self.event = event
        self.state = state
        self.attempts = attempts
        self.due = due
        self.status = status
        self.error = error
        self.created = created
        self.ended = ended
    }
}

/// An answer that has nothing to say.
package struct EmptyAnswer: Codable, Sendable {
    package init() {}
}
