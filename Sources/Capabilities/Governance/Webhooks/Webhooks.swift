// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// The use cases of webhooks.
package struct Webhooks: Sendable {
    package static let maximumWebhooks = 1_000
    package static let maximumPage = 1_000
    static let maximumEvents = 50
    static let maximumSecret = 1_024
    static let maximumDescription = 5_000
    private static let maximumShownAnswer = 4 << 10

    let governor: Governor
    let sender: WebhookSender

    package init(governor: Governor, sender: WebhookSender) {
        self.governor = governor
        self.sender = sender
    }

    /// - Throws: `Problem` `.invalid` for a URL that leads where nothing may be sent, or an event that the format does not know.
    package func create(_ new: NewWebhook, by caller: Caller) async throws -> Webhook {
        try governor.require(.webhookManage, of: caller)
        let events = try self.checked(new.events, of: new.format)
        try check(name: new.name, description: new.description, secret: new.secret)
        try await sender.check(new.url, format: new.format)
        let id = governor.identifiers.next()
        let secret = try await sealed(new.secret, of: id)
        var new = new
        new.events = events
        let checked = new
        return try await governor.change(.webhookManage, by: caller) { try Self.insert(checked, as: id, secret: secret, in: $0) }
    }

    /// - Parameter new: With its events and URL checked.
    static func insert(_ new: NewWebhook, as id: String, secret: WrappedKey?, in change: Change) throws -> Webhook {
        let table = WebhookTable(transaction: change.transaction)
        guard try table.count(in: change.workspace) < maximumWebhooks else {
            throw Problem(
                .rejected, "webhook.too-many", "The workspace has \(maximumWebhooks) webhooks, the most there can be.",
                fix: "Delete one that is not used: dhow webhook delete ID.")
        }
        let webhook = Webhook(
            id: id, workspace: change.workspace, name: new.name, url: new.url, description: present(new.description), events: new.events,
            format: new.format, status: new.status, isSigned: secret != nil, author: change.caller.principal.qualifiedName,
            created: change.time, updated: change.time)
        try table.insert(webhook, secret: secret)
        try change.record(
            "webhook.created", on: "webhook/\(id)",
            [
                "host": .string(try WebhookTarget(new.url, format: new.format).host), "format": .string(new.format),
                "events": .array(new.events.map { .string($0) }), "signed": .bool(secret != nil),
            ])
        return webhook
    }

    /// Disabling gives up what still waits.
    package func update(_ id: String, _ changes: WebhookChanges, by caller: Caller) async throws -> Webhook {
        let before = try await webhook(id, by: caller)
        try governor.require(.webhookManage, of: caller)
        let events = try changes.events.map { try self.checked($0, of: before.format) }
        try check(name: changes.name ?? before.name, description: changes.description, secret: changes.secret)
        if let url = changes.url { try await sender.check(url, format: before.format) }
        let secret = try await sealed(changes.secret, of: id)
        var changes = changes
        changes.events = events
        let ready = changes
        return try await governor.change(.webhookManage, by: caller) { try Self.update(id, ready, secret: secret, in: $0) }
    }

    /// - Parameter changes: With events and URL checked; its secret only says whether there is another, `secret` is it.
    static func update(_ id: String, _ changes: WebhookChanges, secret: WrappedKey?, in change: Change) throws -> Webhook {
        let table = WebhookTable(transaction: change.transaction)
        var webhook = try table.get(id, in: change.workspace).webhook
        webhook.name = changes.name ?? webhook.name
        webhook.url = changes.url ?? webhook.url
        if let description = changes.description { webhook.description = present(description) }
        webhook.events = changes.events ?? webhook.events
        webhook.status = changes.status ?? webhook.status
        webhook.updated = change.time
        if changes.secret != nil {
            try table.set(secret, on: id)
            webhook.isSigned = secret != nil
        }
        try table.update(webhook)
        if webhook.status == .disabled {
            try WebhookDeliveryTable(transaction: change.transaction).giveUp(
                allOf: id, because: "The webhook was disabled.", at: change.time)
        }
        var evidence: [String: JSONValue] = ["changed": .array(changes.fields.map { .string($0) })]
        if changes.url != nil { evidence["host"] = .string(try WebhookTarget(webhook.url, format: webhook.format).host) }
        try change.record("webhook.updated", on: "webhook/\(id)", evidence)
        return webhook
    }

    /// - Throws: `Problem` `.notFound`.
    package func webhook(_ id: String, by caller: Caller) async throws -> Webhook {
        try await governor.read(.webhookRead, by: caller) {
            try WebhookTable(transaction: $0).get(id, in: caller.workspace).webhook
        }
    }

    /// Oldest first; of one format, or of all.
    package func list(format: String? = nil, after id: String? = nil, limit: Int, by caller: Caller) async throws -> [Webhook] {
        try await governor.read(.webhookRead, by: caller) {
            try WebhookTable(transaction: $0).page(
                of: caller.workspace, format: format, after: id, limit: min(max(limit, 1), Self.maximumPage))
        }
    }

    /// Its deliveries go with it.
    package func delete(_ id: String, by caller: Caller) async throws {
        _ = try await governor.change(.webhookManage, by: caller) { change in
            try Self.delete(id, in: change)
            return Nothing()
        }
    }

    static func delete(_ id: String, in change: Change) throws {
        let table = WebhookTable(transaction: change.transaction)
        _ = try table.get(id, in: change.workspace)
        try table.delete(id)
        try change.record("webhook.deleted", on: "webhook/\(id)")
    }

    /// Sends an example of one of its events, or of another of its format, signed and by the way that deliveries take.
    package func test(_ id: String, event: String? = nil, by caller: Caller) async throws -> WebhookTest {
        try governor.require(.webhookManage, of: caller)
        let stored = try await governor.database.read { try WebhookTable(transaction: $0).get(id, in: caller.workspace) }
        let format = try sender.formats.named(stored.webhook.format)
        let chosen = event ?? stored.webhook.events[0]
        try format.check(event: chosen)
        let message = try format.example(of: chosen, in: caller.workspace, at: governor.clock.now())
        var test = WebhookTest(isSuccess: false)
        do {
            let answer = try await sender.send(message.body, id: governor.identifiers.next(), to: stored, at: governor.clock.now())
            if case .delivered = WebhookOutcome(status: answer.status) { test.isSuccess = true }
            test.status = answer.status
            test.answer = String(decoding: answer.body.prefix(Self.maximumShownAnswer), as: UTF8.self)
        } catch let problem as Problem {
            test.error = problem.description
        }
        let result = test
        return try await governor.change(.webhookManage, by: caller) { change in
            try change.record(
                "webhook.tested", on: "webhook/\(id)",
                ["success": .bool(result.isSuccess), "status": result.status.map { .integer(Int64($0)) } ?? .null])
            return result
        }
    }

    /// Newest first.
    package func deliveries(
        of id: String, state: WebhookDelivery.State? = nil, before delivery: String? = nil, limit: Int, by caller: Caller
    ) async throws -> [WebhookDelivery] {
        try await governor.read(.webhookRead, by: caller) { transaction in
            _ = try WebhookTable(transaction: transaction).get(id, in: caller.workspace)
            return try WebhookDeliveryTable(transaction: transaction).page(
                of: id, state: state, before: delivery, limit: min(max(limit, 1), Self.maximumPage))
        }
    }

    /// Tries a dead delivery again, from its first attempt on.
    package func redeliver(_ delivery: String, of id: String, by caller: Caller) async throws -> WebhookDelivery {
        try await governor.change(.webhookManage, by: caller) { change in
            guard try WebhookTable(transaction: change.transaction).get(id, in: change.workspace).webhook.status == .active else {
                throw Problem(.rejected, "webhook.disabled", "The webhook is disabled.", fix: "Make it active first.")
            }
            let table = WebhookDeliveryTable(transaction: change.transaction)
            guard try table.find(delivery, of: id)?.state == .dead else {
                throw Problem(
                    .notFound, "webhook.delivery.not-dead", "Webhook '\(id)' has no dead delivery '\(delivery.printable)'.",
                    fix: "List them: dhow webhook deliveries \(id) --state dead.")
            }
            try table.renew(delivery, at: change.time)
            try change.record("webhook.redelivered", on: "webhook/\(id)", ["delivery": .string(delivery)])
            guard let renewed = try table.find(delivery, of: id) else { throw Webhook.unknown(id) }
            return renewed
        }
    }

    private func sealed(_ secret: String?, of id: String) async throws -> WrappedKey? {
        guard let secret = Self.present(secret) else { return nil }
        return try await sender.seal(secret, of: id)
    }

    func checked(_ events: [String], of format: String) throws(Problem) -> [String] {
        let format = try sender.formats.named(format)
        var seen: Set<String> = []
        let events = events.filter { seen.insert($0).inserted }
        guard (1...Self.maximumEvents).contains(events.count) else {
            throw Problem(
                .invalid, "webhook.events", "A webhook names 1 to \(Self.maximumEvents) events, not \(events.count).",
                fix: "Name what the receiver is to be told of.")
        }
        for event in events { try format.check(event: event) }
        return events
    }

    func check(name: String, description: String?, secret: String?) throws(Problem) {
        try ResourceName.check(name, of: "webhook")
        guard (description?.utf8.count ?? 0) <= Self.maximumDescription else {
            throw Problem(
                .invalid, "webhook.description.too-long", "The description is longer than \(Self.maximumDescription) bytes.")
        }
        guard (secret?.utf8.count ?? 0) <= Self.maximumSecret, secret?.utf8.contains(0) != true else {
            throw Problem(.invalid, "webhook.secret.too-long", "The secret is longer than \(Self.maximumSecret) bytes, or holds a zero.")
        }
    }

    private static func present(_ text: String?) -> String? {
        guard let text, !text.isEmpty else { return nil }
        return text
    }
}

/// What came of a test.
package struct WebhookTest: Codable, Sendable, Equatable {
    package var isSuccess: Bool
    package var status: Int?
    /// The beginning of the answer's body.
    package var answer: String?
    package var error: String?

    package init(isSuccess: Bool, status: Int? = nil, answer: String? = nil, error: String? = nil) {
        self.isSuccess = isSuccess
        self.status = status
        self.answer = answer
        self.error = error
    }
}
