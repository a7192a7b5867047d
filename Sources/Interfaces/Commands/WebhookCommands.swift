// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow webhook …`
package struct WebhookCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Tell other systems what happens.",
        subcommands: [Create.self, List.self, Show.self, Update.self, Test.self, Deliveries.self, Redeliver.self, Delete.self])

    package init() {}

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a webhook.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String
        @Option(name: .customLong("to"), help: "URL that messages are sent to, such as https://hooks.example.org/dhow.") var target: String
        @Option(name: .customLong("on"), help: "An event, such as version.registered, 'rollout.*' or '*'; repeat it for more.")
        var events: [String]
        @Option(help: "What it is for.") var description: String?
        @Option(help: "cloudevents, or mlflow with MLflow's events.") var format: String?
        @Option(help: "File with the secret that messages are signed with.") var secretFile: String?

        func run() async throws {
            let request = CreateWebhookRequest(
                name: name, url: target, description: description, events: events, format: format,
                secret: try secretFile.map(WebhookCommands.secret))
            let answer: WebhookAnswer = try await options.client().post("/api/v1/webhooks", request)
            if options.json { return try Output.json(answer) }
            print("Webhook \(answer.name) has the id \(answer.id).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the webhooks.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions

        func run() async throws {
            let webhooks = try await options.client().items("/api/v1/webhooks", limit: listing.limit, as: WebhookAnswer.self)
            if options.json { return try Output.json(webhooks) }
            Output.table(
                ["id", "name", "status", "signed", "format", "events", "url"],
                webhooks.map {
                    [$0.id, $0.name, $0.status, $0.isSigned ? "yes" : "no", $0.format, $0.events.joined(separator: " "), $0.url]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a webhook; its secret is never shown.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the webhook.") var webhook: String

        func run() async throws {
            let answer: WebhookAnswer = try await options.client().get(path("webhooks", webhook))
            if options.json { return try Output.json(answer) }
            Output.table(
                ["what", "value"],
                [
                    ["name", answer.name], ["url", answer.url], ["description", answer.description ?? "-"], ["format", answer.format],
                    ["events", answer.events.joined(separator: " ")], ["status", answer.status],
                    ["signed", answer.isSigned ? "yes" : "no"],
                    ["author", answer.author], ["created", Output.time(answer.created)], ["updated", Output.time(answer.updated)],
                ])
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a webhook; what is not named stays. Disabling it gives up what still waits.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the webhook.") var webhook: String
        @Option var name: String?
        @Option(name: .customLong("to"), help: "URL that messages are sent to.") var target: String?
        @Option(help: "Empty to take it away.") var description: String?
        @Option(name: .customLong("on"), help: "Instead of its events so far; repeat it for more.") var events: [String] = []
        @Option(help: "File with another secret.") var secretFile: String?
        @Option(help: "active or disabled.") var status: String?

        func run() async throws {
            let request = UpdateWebhookRequest(
                name: name, url: target, description: description, events: events.isEmpty ? nil : events,
                secret: try secretFile.map(WebhookCommands.secret),
                status: status)
            let answer: WebhookAnswer = try await options.client().patch(path("webhooks", webhook), request)
            if options.json { return try Output.json(answer) }
            print("Webhook \(answer.name) is \(answer.status).")
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send an example, signed and by the way that deliveries take.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the webhook.") var webhook: String
        @Option(help: "The event; the first of its events when not named.") var event: String?

        func run() async throws {
            let answer: WebhookTestAnswer = try await options.client().post(
                path("webhooks", webhook, "test"), TestWebhookRequest(event: event))
            if options.json { return try Output.json(answer) }
            guard answer.success else {
                throw Problem(
                    .unavailable, "webhook.test.failed", "The receiver did not take the example.",
                    why: answer.error ?? answer.status.map { "It answered \($0)." })
            }
            print("The receiver took it\(answer.status.map { " and answered \($0)" } ?? "").")
        }
    }

    struct Deliveries: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what a webhook was sent, newest first; --state dead for what was given up.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument(help: "Id of the webhook.") var webhook: String
        @Option(help: "pending, delivered or dead.") var state: String?

        func run() async throws {
            let deliveries = try await options.client().items(
                path("webhooks", webhook, "deliveries"), ["state": state], limit: listing.limit, as: WebhookDeliveryAnswer.self)
            if options.json { return try Output.json(deliveries) }
            Output.table(
                ["id", "created", "event", "state", "attempts", "status", "next", "error"],
                deliveries.map {
                    [
                        $0.id, Output.time($0.created), $0.event, $0.state, "\($0.attempts)", $0.status.map(String.init) ?? "-",
                        Output.time($0.due), $0.error ?? "-",
                    ]
                })
        }
    }

    struct Redeliver: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Try a dead delivery again.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the webhook.") var webhook: String
        @Argument(help: "Id of the delivery.") var delivery: String

        func run() async throws {
            let answer: WebhookDeliveryAnswer = try await options.client().post(
                path("webhooks", webhook, "deliveries", delivery, "retry"), EmptyAnswer())
            if options.json { try Output.json(answer) } else { print("Delivery \(answer.id) will be tried again.") }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a webhook with its deliveries.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the webhook.") var webhook: String

        func run() async throws {
            let answer: EmptyAnswer = try await options.client().delete(path("webhooks", webhook))
            if options.json { try Output.json(answer) } else { print("Webhook \(webhook) is deleted.") }
        }
    }

    /// A secret does not belong on a command line, where other users see it.
    fileprivate static func secret(in file: String) throws -> String {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            throw Problem(.invalid, "client.file.unreadable", "'\(file.printable)' cannot be read as text.")
        }
        return text.trimmingCharacters(in: .newlines)
    }
}
