// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow trigger …`
package struct TriggerCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "Start pipelines when something happens.", subcommands: [Apply.self, List.self, Firings.self])

    package init() {}

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a trigger, or replace the one of that name.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String
        @Option(name: .customLong("on"), help: "The event, such as performance.breached.") var event: String
        @Option(help: "Only events about this resource or beneath it, such as endpoint/flights.") var resource: String?
        @Option(help: "The pipeline to start.") var pipeline: String
        @OptionGroup var parameters: ParameterOptions

        func run() async throws {
            let client = try options.client()
            let values = try await parameters.values(for: pipeline, client)
            let request = ApplyTriggerRequest(name: name, event: event, resource: resource, pipeline: pipeline, parameters: values)
            let answer: TriggerAnswer = try await client.post("/api/v1/triggers", request)
            if options.json { return try Output.json(answer) }
            print("Trigger \(answer.name) starts \(answer.pipeline) on \(answer.event) of \(answer.resource ?? "anything").")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the triggers.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let page: Page<TriggerAnswer> = try await options.client().get("/api/v1/triggers")
            if options.json { return try Output.json(page.items) }
            Output.table(
                ["trigger", "on", "resource", "pipeline", "parameters", "author"],
                try page.items.map {
                    let values = try $0.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\(try Output.line($0.value))" }
                    return [
                        $0.name, $0.event, $0.resource ?? "-", $0.pipeline, values.isEmpty ? "-" : values.joined(separator: " "), $0.author,
                    ]
                })
        }
    }

    struct Firings: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what came of a trigger's events, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument var name: String

        func run() async throws {
            let page: Page<TriggerFiringAnswer> = try await options.client().get(
                path("triggers", name, "firings"), ["limit": "\(min(listing.limit, 1000))"])
            if options.json { return try Output.json(page.items) }
            Output.table(
                ["time", "event", "execution", "blocked because"],
                page.items.map { [Output.time($0.time), $0.entry, $0.execution ?? "-", $0.blocked ?? "-"] })
        }
    }
}
