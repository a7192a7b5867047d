// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain

/// `dhow environment …`
package struct EnvironmentCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "environment", abstract: "See where releases land, and stop everything in one.",
        subcommands: [List.self, Show.self, Freeze.self, Unfreeze.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the declared environments.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions

        func run() async throws {
            let found = try await options.client().items(path("environments"), [:], limit: listing.limit, as: EnvironmentAnswer.self)
            if options.json { return try Output.json(found) }
            Output.table(
                ["environment", "endpoints", "rollouts", "releases"],
                found.map { ["\($0.name)", "\($0.endpoints.count)", "\($0.rollouts.count)", $0.frozen.map { "FROZEN: \($0)" } ?? "open"] })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show an environment: its endpoints, what runs in it, whether it is frozen.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the environment.") var name: String

        func run() async throws {
            let answer: EnvironmentAnswer = try await options.client().get(path("environments", name))
            if options.json { return try Output.json(answer) }
            answer.show()
        }
    }

    struct Freeze: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop every rollout in an environment at once and refuse new releases.",
            discussion: "Traffic stays as it is; giving it back stays possible. One person may do it at any time.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the environment.") var name: String
        @Option(name: [.customLong("because"), .customLong("reason")], help: "Why, in a sentence; whoever is refused reads it.") var reason:
            String

        func run() async throws {
            let answer: EnvironmentAnswer = try await options.client().post(
                path("environments", name, "freeze"), EnvironmentReasonRequest(reason: reason))
            if options.json { return try Output.json(answer) }
            answer.show()
            print("\nGive traffic back where needed: dhow release abort ENDPOINT --because \"…\"")
            print("Let releases in again:          dhow environment unfreeze \(answer.name) --because \"…\"")
        }
    }

    struct Unfreeze: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let releases in again; paused rollouts stay paused until each is resumed.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Name of the environment.") var name: String
        @Option(name: [.customLong("because"), .customLong("reason")], help: "Why, in a sentence.") var reason: String

        func run() async throws {
            let answer: EnvironmentAnswer = try await options.client().post(
                path("environments", name, "unfreeze"), EnvironmentReasonRequest(reason: reason))
            if options.json { return try Output.json(answer) }
            answer.show()
        }
    }
}

extension EnvironmentAnswer {
    fileprivate func show() {
        Output.table(
            ["what", "value"],
            [
                ["environment", name], ["releases", frozen.map { "FROZEN: \($0)" } ?? "open"],
                ["frozen since", Output.time(frozenSince)],
                ["region", specification["region"]?.text ?? "-"],
                ["data of", specification["jurisdictions"]?.array.map { $0.compactMap(\.text).joined(separator: ", ") } ?? "anywhere"],
                ["endpoints", endpoints.isEmpty ? "-" : endpoints.joined(separator: ", ")],
                ["unfinished rollouts", rollouts.isEmpty ? "-" : rollouts.joined(separator: ", ")],
                ["changed", Output.time(changed)],
            ])
    }
}
