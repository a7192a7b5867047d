// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Documents
package import Domain

/// Webhooks as documents. Secrets stand in no document: one that is set by other ways stays.
package struct WebhookKind: ShapedDocumentKind {
    private let webhooks: Webhooks

    package init(webhooks: Webhooks) {
        self.webhooks = webhooks
    }

    package var name: String { "Webhook" }
    package var summary: String {
        "A place outside that is told of events. Its secret is set by 'dhow webhook update', never in a document."
    }
    package var reading: Permission { .webhookRead }
    package var writing: Permission { .webhookManage }

    package var shape: DocumentShape {
        .record([
            DocumentField("url", .text(length: 1...2000), "Where events are sent, by https.", isRequired: true),
            DocumentField(
                "events", .list(.text(length: 1...100), count: 1...Webhooks.maximumEvents),
                "The events: verbs such as 'version.registered', all of a noun such as 'rollout.*', or '*'.", isRequired: true),
            DocumentField("description", .text(length: 0...Webhooks.maximumDescription), "For people."),
            DocumentField("format", .text(length: 1...50), "What is sent.", standard: .string(CloudEventFormat.name)),
            DocumentField(
                "status", .choice(Webhook.Status.allCases.map(\.rawValue)), "A disabled webhook is told nothing.",
                standard: .string(Webhook.Status.active.rawValue)),
        ])
    }

    package func content(of document: Document, with folder: [String: BlobDigest]) throws -> DocumentContent {
        var spec = try CanonicalSpec.decode(Spec.self, from: try document.spec.value())
        if spec.description?.isEmpty == true { spec.description = nil }
        spec.events = try webhooks.checked(spec.events, of: spec.format)
        try webhooks.check(name: document.name, description: spec.description, secret: nil)
        return DocumentContent(spec: try CanonicalSpec.encode(spec))
    }

    package func check(_ content: DocumentContent) async throws {
        let spec = try CanonicalSpec.decode(Spec.self, from: content.spec)
        try await webhooks.sender.check(spec.url, format: spec.format)
    }

    package func live(
        _ name: String, id: String?, wanted: DocumentContent?, in transaction: any Transaction, workspace: String
    ) throws -> LiveObject? {
        let table = WebhookTable(transaction: transaction)
        let found: Webhook?
        if let id {
            found = try table.find(id, in: workspace)?.webhook
        } else {
            let named = try table.named(name, in: workspace)
            guard named.count < 2 else {
                throw Problem(
                    .conflict, "webhook.name.ambiguous", "There are several webhooks called '\(name.printable)'.",
                    fix: "Rename or delete all but one: dhow webhook list.")
            }
            found = named.first
        }
        guard let found else { return nil }
        return LiveObject(id: found.id, spec: try CanonicalSpec.encode(Spec(found)))
    }

    package func apply(_ wanted: DeclaredContent, over live: LiveObject?, in change: Change) throws -> String {
        let spec = try CanonicalSpec.decode(Spec.self, from: wanted.content.spec)
        guard let live else {
            let new = NewWebhook(
                name: wanted.name, url: spec.url, description: spec.description, events: spec.events, format: spec.format,
                status: spec.status)
            return try Webhooks.insert(new, as: change.newIdentifier(), secret: nil, in: change).id
        }
        guard try CanonicalSpec.decode(Spec.self, from: live.spec).format == spec.format else {
            throw Problem(
                .invalid, "webhook.format.fixed", "The format of webhook '\(wanted.name)' cannot be changed.",
                fix: "Declare another webhook under another name.")
        }
        let changes = WebhookChanges(
            name: wanted.name, url: spec.url, description: spec.description ?? "", events: spec.events, status: spec.status)
        return try Webhooks.update(live.id, changes, secret: nil, in: change).id
    }

    package func delete(_ name: String, _ live: LiveObject, in change: Change) throws {
        try Webhooks.delete(live.id, in: change)
    }

    private struct Spec: Codable {
        var url: String
        var events: [String]
        var description: String?
        var format: String
        var status: Webhook.Status

        init(_ webhook: Webhook) {
            (url, events, description) = (webhook.url, webhook.events, webhook.description)
            (format, status) = (webhook.format, webhook.status)
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            url = try container.decode(String.self, forKey: .url)
            events = try container.decode([String].self, forKey: .events)
            description = try container.decodeIfPresent(String.self, forKey: .description)
            format = try container.decodeIfPresent(String.self, forKey: .format) ?? CloudEventFormat.name
            status = try container.decodeIfPresent(Webhook.Status.self, forKey: .status) ?? .active
        }
    }
}
