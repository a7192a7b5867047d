// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import HTTPServer
import HTTPTypes

/// Webhooks in MLflow's format; those in another are left to Dhow's own routes.
struct MLflowWebhookRoutes: RouteGroup {
    let webhooks: Webhooks

    var routes: [Route] {
        let base = "2.0/mlflow/webhooks"
        return [
            MLflowRoute.routes([.post], base, .webhookManage, create),
            MLflowRoute.routes([.get], base, .webhookRead, list),
            MLflowRoute.routes([.get], base + "/{webhook}", .webhookRead) { call in Self.answer(try await webhook(call)) },
            MLflowRoute.routes([.patch], base + "/{webhook}", .webhookManage, update),
            MLflowRoute.routes(
                [.delete], base + "/{webhook}", .webhookManage,
                MLflowRoute.done { try await webhooks.delete(try await webhook($0).id, by: $0.caller) }),
            MLflowRoute.routes([.post], base + "/{webhook}/test", .webhookManage, test),
        ].flatMap(\.self)
    }

    private func create(_ call: MLflowCall) async throws -> JSONWriter {
        let fields = call.fields
        let new = NewWebhook(
            name: try fields.required("name"), url: try fields.required("url"), description: try fields.text("description"),
            events: try Self.events(fields), format: MLflowWebhookFormat.name, secret: try fields.text("secret"),
            status: try Self.status(fields) ?? .active)
        return Self.answer(try await webhooks.create(new, by: call.caller))
    }

    private func list(_ call: MLflowCall) async throws -> JSONWriter {
        let limit = try call.fields.count("max_results", default: 100)
        guard (1...Webhooks.maximumPage).contains(limit) else {
            throw Problem(
                .invalid, "mlflow.page.size", "Invalid value \(limit) for parameter 'max_results' supplied.",
                why: "It must be from 1 to \(Webhooks.maximumPage).")
        }
        let page = try await webhooks.list(
            format: MLflowWebhookFormat.name, after: try call.fields.text("page_token"), limit: limit, by: call.caller)
        return JSONWriter.object { writer in
            writer.member("webhooks", objects: page) { webhook, writer in writer.write(webhook) }
            writer.member("next_page_token", page.count == limit ? page.last?.id : nil)
        }
    }

    private func update(_ call: MLflowCall) async throws -> JSONWriter {
        func present(_ name: String) throws(Problem) -> String? {
            guard let text = try call.fields.text(name), !text.isEmpty else { return nil }
            return text
        }
        let changes = WebhookChanges(
            name: try present("name"), url: try present("url"), description: try call.fields.text("description"),
            events: try call.fields.objects("events").isEmpty ? nil : try Self.events(call.fields), secret: try call.fields.text("secret"),
            status: try Self.status(call.fields))
        return Self.answer(try await webhooks.update(try await webhook(call).id, changes, by: call.caller))
    }

    private func test(_ call: MLflowCall) async throws -> JSONWriter {
        let event = try call.fields.object("event").map { event throws(Problem) in try Self.event(event).rawValue }
        let result = try await webhooks.test(try await webhook(call).id, event: event, by: call.caller)
        return JSONWriter.object { writer in
            writer.member("result") { writer in
                writer.member("success", result.isSuccess)
                writer.member("response_status", result.status.map(Int64.init))
                writer.member("response_body", result.answer)
                writer.member("error_message", result.error)
            }
        }
    }

    /// - Throws: `Problem` `.notFound`, also for a webhook whose events MLflow has no words for.
    private func webhook(_ call: MLflowCall) async throws -> Webhook {
        let id = try call.context.parameter("webhook")
        let webhook = try await webhooks.webhook(id, by: call.caller)
        guard webhook.format == MLflowWebhookFormat.name else {
            throw Problem(
                .notFound, "webhook.unknown", "Webhook with id '\(id.printable)' not found.", why: "It is not one in MLflow's format.",
                fix: "Look at it with: dhow webhook show \(id.printable).")
        }
        return webhook
    }

    private static func events(_ fields: MLflowFields) throws(Problem) -> [String] {
        let objects = try fields.objects("events")
        guard !objects.isEmpty else { throw MLflowFields.missing("events") }
        var events: [String] = []
        for object in objects { events.append(try event(object).rawValue) }
        return events
    }

    private static func event(_ fields: MLflowFields) throws(Problem) -> MLflowEvent {
        let (entity, action) = (try fields.required("entity"), try fields.required("action"))
        return try MLflowEvent(named: "\(entity.lowercased()).\(action.lowercased())")
    }

    private static func status(_ fields: MLflowFields) throws(Problem) -> Webhook.Status? {
        switch try fields.text("status") {
        case nil, "": return nil
        case "ACTIVE", "1": return .active
        case "DISABLED", "2": return .disabled
        case .some(let text): throw MLflowFields.invalid("status", .string(text))
        }
    }

    private static func answer(_ webhook: Webhook) -> JSONWriter {
        JSONWriter.object { $0.member("webhook") { $0.write(webhook) } }
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ webhook: Webhook) {
        member("webhook_id", webhook.id)
        member("name", webhook.name)
        member("description", webhook.description)
        member("url", webhook.url)
        member("events", objects: webhook.events.compactMap(MLflowEvent.init(rawValue:))) { event, writer in
            writer.member("entity", event.entity.uppercased())
            writer.member("action", event.action.uppercased())
        }
        member("status", webhook.status == .active ? "ACTIVE" : "DISABLED")
        member("creation_timestamp", webhook.created.milliseconds)
        member("last_updated_timestamp", webhook.updated.milliseconds)
    }
}
