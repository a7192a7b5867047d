// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow incident …`
package struct IncidentCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "incident", abstract: "See and settle what waits for a person.",
        subcommands: [
            List.self, Show.self, Acknowledge.self, Snooze.self, Assign.self, Comment.self, FalseAlarm.self, Resolve.self, Close.self,
        ])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List open incidents, newest first.")

        @OptionGroup var options: ClientOptions
        @Flag(help: "Also those that are closed.") var all = false
        @Option(help: "Only of this endpoint.") var endpoint: String?
        @Option(help: "Only of this monitor.") var monitor: String?
        @Option(help: "Only of this owner.") var owner: String?

        func run() async throws {
            let page: Page<IncidentAnswer> = try await options.client().get(
                "/api/v1/incidents",
                ["open": all ? nil : "true", "endpoint": endpoint, "monitor": monitor, "owner": owner, "limit": "1000"])
            if options.json { return try Output.json(page.items) }
            Output.table(
                ["id", "severity", "endpoint", "rule", "status", "owner", "opened", "closed", "what"],
                page.items.map {
                    [
                        $0.id, $0.severity, $0.endpoint, $0.rule, $0.status, $0.owner ?? "-", Output.time($0.opened),
                        Output.time($0.closed),
                        $0.summary,
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show an incident: its timeline, where to look first, and what changed about its onset.")

        @OptionGroup var options: ClientOptions
        @Argument var incident: String

        func run() async throws {
            let answer: IncidentDetailAnswer = try await options.client().get("/api/v1/incidents/\(incident)")
            if options.json { return try Output.json(answer) }
            let shown = answer.incident
            print("\(shown.severity) \(shown.rule) of \(shown.endpoint), \(shown.status): \(shown.summary)")
            print(
                "Windows from \(Output.time(shown.windowStart)) to \(Output.time(shown.lastSeen)), seen \(shown.seenCount) times, "
                    + "reopened \(shown.reopenedCount) times; owner \(shown.owner ?? "-").")
            if let causes = answer.causes { try Output.json(causes) }
            for change in answer.changes { print("  \(Output.time(change.time))  \(change.verb)  \(change.resource)  \(change.actor)") }
            Output.table(
                ["time", "who", "act", "detail", "why"],
                answer.timeline.map { [Output.time($0.time), $0.actor, $0.act, $0.detail ?? "-", $0.note ?? "-"] })
        }
    }

    struct Acknowledge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ack", abstract: "Say that you look at it.")

        @OptionGroup var options: ClientOptions
        @Argument var incident: String
        @Option(help: "Why, or what you know.") var note: String?

        func run() async throws { try await options.act(on: incident, "acknowledge", IncidentActRequest(note: note)) }
    }

    struct Snooze: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Keep it quiet until a time; then it wakes if it is still open.")

        @OptionGroup var options: ClientOptions
        @Argument var incident: String
        @Option(help: "Such as 2026-12-01 or 2026-12-01T08:00:00Z.") var until: WindowTime
        @Option(help: "Why.") var note: String?

        func run() async throws {
            try await options.act(on: incident, "snooze", IncidentActRequest(note: note, until: until.milliseconds))
        }
    }

    struct Assign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give it to somebody.")

        @OptionGroup var options: ClientOptions
        @Argument var incident: String
        @Argument(help: "A principal's name.") var owner: String
        @Option(help: "Why.") var note: String?

        func run() async throws { try await options.act(on: incident, "assign", IncidentActRequest(note: note, owner: owner)) }
    }

    struct Comment: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a line to its timeline.")

        @OptionGroup var options: ClientOptions
        @Argument var incident: String
        @Argument var note: String

        func run() async throws { try await options.act(on: incident, "comment", IncidentActRequest(note: note)) }
    }

    struct FalseAlarm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "false-alarm", abstract: "Close it: there was nothing. Counts against the precision of its rule.")

        @OptionGroup var options: ClientOptions
        @Argument var incident: String
        @Option(help: "How it is known.") var note: String

        func run() async throws {
            try await options.act(on: incident, "close", CloseIncidentRequest(note: note, resolution: "false-alarm"))
        }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Settle an incident; retraining is free again when it was the endpoint's last data fault.")

        @OptionGroup var options: ClientOptions
        @Argument var incident: String
        @Option(help: "What was found and done.") var note: String
        @Flag(help: "The data are right as they now are; later windows may be compared with them.") var accept = false

        func run() async throws {
            try await options.act(
                on: incident, "close", CloseIncidentRequest(note: note, resolution: accept ? "accepted" : "repaired"))
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The same as resolve.")

        @OptionGroup var options: ClientOptions
        @Argument var incident: String
        @Option(help: "What was found and done.") var note: String
        @Flag(help: "The data are right as they now are; later windows may be compared with them.") var accept = false

        func run() async throws {
            try await options.act(
                on: incident, "close", CloseIncidentRequest(note: note, resolution: accept ? "accepted" : "repaired"))
        }
    }
}

extension ClientOptions {
    fileprivate func act(on incident: String, _ act: String, _ body: some Encodable & Sendable) async throws {
        let answer: IncidentAnswer = try await client().post("/api/v1/incidents/\(incident)/\(act)", body)
        if json { return try Output.json(answer) }
        print("Incident \(answer.id) is \(answer.status)\(answer.resolution.map { ": \($0)" } ?? "").")
    }
}
