// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client

extension ReleaseCommands {
    struct BreakGlass: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "break-glass", abstract: "Ask a second person for a release that skips gates and freezes.",
            discussion: "The second person has an hour. The release leaves an emergency open until somebody else has looked at it.")

        @OptionGroup var options: ClientOptions
        @Argument var endpoint: String
        @Argument var model: String
        @Argument var version: Int
        @OptionGroup var reason: RolloutCommands.ReasonOption

        func run() async throws {
            let answer: EmergencyAnswer = try await options.client().post(
                path("emergencies"), AskEmergencyRequest(endpoint: endpoint, model: model, version: version, reason: reason.reason))
            if options.json { return try Output.json(answer) }
            print("A second person has an hour to say yes:")
            print("  dhow approval approve \(answer.approval) --comment \"…\"")
            print("Then:")
            print(
                "  dhow release start \(endpoint) \(model) \(version) --report \(answer.report) --approval \(answer.approval) --percents 100"
            )
        }
    }

    struct EmergencyList: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "emergencies", abstract: "List releases that skipped their gates, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Flag(help: "Only those that nobody has closed.") var open = false

        func run() async throws {
            let found = try await options.client().items(
                path("emergencies"), ["open": open ? "true" : nil], limit: listing.limit, as: EmergencyAnswer.self)
            if options.json { return try Output.json(found) }
            Output.table(
                ["asked", "by", "endpoint", "version", "release", "state", "reason"],
                found.map { one in
                    let state = one.closed.map { "closed \(Output.time($0))" } ?? (one.opened == nil ? "not released" : "OPEN")
                    return [
                        Output.time(one.asked), one.askedBy, one.endpoint, "\(one.model) \(one.version)", one.release ?? "-", state,
                        one.note ?? one.reason,
                    ]
                })
        }
    }

    struct CloseEmergency: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "close-emergency", abstract: "Say what came of a release that skipped its gates; who asked for it may not.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the release.") var release: String
        @Option(help: "What came of it, in a sentence.") var note: String

        func run() async throws {
            let answer: EmergencyAnswer = try await options.client().post(
                path("emergencies", release, "close"), CloseEmergencyRequest(note: note))
            if options.json { return try Output.json(answer) }
            print("The emergency of release \(release) is closed.")
        }
    }
}
