// SPDX-License-Identifier: Apache-2.0

import API
import Domain
package import Governance
import Hummingbird

/// Webhooks, tests of them, and what became of their deliveries.
package struct WebhookRoutes: RouteGroup {
    private let webhooks: Webhooks

    package init(webhooks: Webhooks) {
        self.webhooks = webhooks
    }

    package var routes: [Route] {
        let one = "/api/v1/webhooks/{webhook}"
        return [
            Route(.get, "/api/v1/webhooks", .permission(.webhookRead), handler: list),
            Route(.post, "/api/v1/webhooks", .permission(.webhookManage), handler: create),
            Route(.get, one, .permission(.webhookRead), handler: show),
            Route(.patch, one, .permission(.webhookManage), handler: update),
            Route(.delete, one, .permission(.webhookManage), handler: delete),
            Route(.post, one + "/test", .permission(.webhookManage), handler: test),
            Route(.get, one + "/deliveries", .permission(.webhookRead), handler: listDeliveries),
            Route(.post, one + "/deliveries/{delivery}/retry", .permission(.webhookManage), handler: redeliver),
        ]
    }

    private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let page = try await webhooks.list(after: query.after, limit: query.limit, by: context.caller)
        return try Answer.json(query.page(page, id: \.id, WebhookAnswer.init))
    }

    private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(CreateWebhookRequest.self, of: request, &context)
        let new = NewWebhook(
            name: body.name, url: body.url, description: body.description, events: body.events,
            format: body.format ?? CloudEventFormat.name, secret: body.secret)
        return try Answer.json(WebhookAnswer(try await webhooks.create(new, by: context.caller)), status: .created)
    }

    private func show(_ request: Request, _ context: APIContext) async throws -> Response {
        try Answer.json(WebhookAnswer(try await webhooks.webhook(try context.parameter("webhook"), by: context.caller)))
    }

    private func update(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(UpdateWebhookRequest.self, of: request, &context)
        let changes = WebhookChanges(
            name: body.name, url: body.url, description: body.description, events: body.events, secret: body.secret,
            status: try body.status.map { text throws(Problem) in try Webhook.Status.named(text, as: "status") })
        return try Answer.json(WebhookAnswer(try await webhooks.update(try context.parameter("webhook"), changes, by: context.caller)))
    }

    private func delete(_ request: Request, _ context: APIContext) async throws -> Response {
        try await webhooks.delete(try context.parameter("webhook"), by: context.caller)
        return try Answer.json(EmptyAnswer())
    }

    private func test(_ request: Request, _ context: APIContext) async throws -> Response {
        var context = context
        let body = try await RequestBody.json(TestWebhookRequest.self, of: request, &context)
        let test = try await webhooks.test(try context.parameter("webhook"), event: body.event, by: context.caller)
        return try Answer.json(WebhookTestAnswer(success: test.isSuccess, status: test.status, answer: test.answer, error: test.error))
    }

    private func listDeliveries(_ request: Request, _ context: APIContext) async throws -> Response {
        let query = try ListQuery(request)
        let page = try await webhooks.deliveries(
            of: try context.parameter("webhook"), state: try query.choice("state", of: WebhookDelivery.State.self), before: query.after,
            limit: query.limit, by: context.caller)
        return try Answer.json(query.page(page, id: \.id, WebhookDeliveryAnswer.init))
    }

    private func redeliver(_ request: Request, _ context: APIContext) async throws -> Response {
        let delivery = try await webhooks.redeliver(
            try context.parameter("delivery"), of: try context.parameter("webhook"), by: context.caller)
        return try Answer.json(WebhookDeliveryAnswer(delivery))
    }
}

extension WebhookAnswer {
    init(_ webhook: Webhook) {
        self.init(
            id: webhook.id, name: webhook.name, url: webhook.url, description: webhook.description, events: webhook.events,
            format: webhook.format, status: webhook.status.rawValue, isSigned: webhook.isSigned, author: webhook.author,
            created: webhook.created.milliseconds, updated: webhook.updated.milliseconds)
    }
}

extension WebhookDeliveryAnswer {
    init(_ delivery: WebhookDelivery) {
        self.init(
            id: delivery.id, entry: delivery.entry, event: delivery.event, state: delivery.state.rawValue, attempts: delivery.attempts,
            due: delivery.state == .pending ? delivery.due.milliseconds : nil, status: delivery.status, error: delivery.error,
            created: delivery.created.milliseconds, ended: delivery.ended?.milliseconds)
    }
}
