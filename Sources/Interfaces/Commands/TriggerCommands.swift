// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow trigger …`
package struct TriggerCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "Start pipelines when something comes: a time, an event, a file.",
        subcommands: [TriggerApplyCommand.self, List.self, Show.self, Pause.self, Resume.self, Delete.self, Firings.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the triggers.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions

        func run() async throws {
            let triggers = try await options.client().items("/api/v1/triggers", limit: listing.limit, as: TriggerAnswer.self)
            if options.json { return try Output.json(triggers) }
            Output.table(
                ["trigger", "hears", "pipeline", "state", "next", "last started", "author"],
                try triggers.map {
                    [
                        $0.name, try $0.heard, $0.pipeline, $0.state, Output.time($0.next.first), Output.time($0.lastStarted), $0.author,
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a trigger, its next times, and why events wait.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() async throws {
            let answer: TriggerAnswer = try await options.client().get(path("triggers", name))
            if options.json { return try Output.json(answer) }
            var rows = [
                ["hears", try answer.heard], ["pipeline", answer.pipeline], ["state", answer.state],
                ["last started", Output.time(answer.lastStarted)], ["generation", "\(answer.generation)"],
                ["author", answer.author], ["created", Output.time(answer.created)],
            ]
            if let waiting = answer.waiting { rows.append(["events wait", waiting]) }
            rows += answer.next.map { ["next", Output.time($0)] }
            if case .object(let members) = answer.specification {
                let shown = ["name", "pipeline", "schedule", "event", "http", "files"]
                rows += try members.filter { !shown.contains($0.key) }.sorted { $0.key < $1.key }.map {
                    [$0.key, try Output.line($0.value)]
                }
            }
            Output.table(["what", "value"], rows)
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start nothing until it is resumed.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() async throws { try await TriggerCommands.steer(name, "pause", options) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let it work again; times that passed meanwhile start nothing.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() async throws { try await TriggerCommands.steer(name, "resume", options) }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a trigger with what is known of its events.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() async throws {
            let answer: EmptyAnswer = try await options.client().delete(path("triggers", name))
            if options.json { try Output.json(answer) } else { print("Trigger \(name) is deleted.") }
        }
    }

    struct Firings: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what came of a trigger's events, newest first: an execution, or why none was started.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument var name: String

        func run() async throws {
            let firings = try await options.client().items(
                path("triggers", name, "firings"), limit: listing.limit, as: TriggerFiringAnswer.self)
            if options.json { return try Output.json(firings) }
            Output.table(
                ["time", "event", "execution", "reason", "why none"],
                firings.map {
                    [
                        Output.time($0.time), $0.subject ?? $0.entry, $0.execution ?? "-",
                        $0.reason ?? ($0.state == "pending" ? "waits" : "-"),
                        $0.blocked ?? "-",
                    ]
                })
        }
    }

    private static func steer(_ name: String, _ verb: String, _ options: ClientOptions) async throws {
        let answer: TriggerAnswer = try await options.client().post(path("triggers", name, verb), [String: String]())
        if options.json { return try Output.json(answer) }
        print("Trigger \(answer.name) is \(answer.state).")
    }
}

extension TriggerAnswer {
    var state: String { paused == nil ? "active" : "paused" }

    /// `schedule 0 3 * * * Europe/Berlin`: the kind and what it hears.
    var heard: String {
        get throws {
            guard case .object(let members)? = specification[kind], !members.isEmpty else { return kind }
            let order = ["cron", "timeZone", "verb", "resource", "type", "root", "folder", "pattern"]
            let words = try order.compactMap { name in try members[name].map { try Output.line($0) } }
            return ([kind] + words).joined(separator: " ")
        }
    }
}
