// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow incident …`
package struct IncidentCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "incident", abstract: "See and settle what waits for a person.", subcommands: [List.self, Close.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List open incidents, newest first.")

        @OptionGroup var options: ClientOptions
        @Flag(help: "Also those that are closed.") var all = false

        func run() async throws {
            let page: Page<IncidentAnswer> = try await options.client().get(
                "/api/v1/incidents", ["open": all ? nil : "true", "limit": "1000"])
            if options.json { return try Output.json(page.items) }
            Output.table(
                ["id", "endpoint", "opened", "closed", "what"],
                page.items.map { [$0.id, $0.endpoint, Output.time($0.opened), Output.time($0.closed), $0.summary] })
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Settle an incident; retraining is free again when it was the endpoint's last.")

        @OptionGroup var options: ClientOptions
        @Argument var incident: String
        @Option(help: "What was found and done.") var note: String
        @Flag(help: "The data are right as they now are; later windows may be compared with them.") var accept = false

        func run() async throws {
            let answer: IncidentAnswer = try await options.client().post(
                "/api/v1/incidents/\(incident)/close", CloseIncidentRequest(note: note, resolution: accept ? "accepted" : "repaired"))
            if options.json { try Output.json(answer) } else { print("Incident \(answer.id) is closed: \(answer.resolution ?? "").") }
        }
    }
}
