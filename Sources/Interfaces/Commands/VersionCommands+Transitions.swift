// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain
import Foundation

extension VersionCommands {
    struct Transition: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move a version to an environment: staging, production, archived or none.",
            discussion:
                "An archived version goes to none first. Releases say what really answers; this says what people mean a version for.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Argument(help: "A number, an alias or 'latest'.") var version: String
        @Argument(help: "staging, production, archived or none.") var environment: String
        @Option(help: "Why; it stands in the history and the ledger.") var because: String
        @Flag(help: "Archive the versions that are there now.") var replacing = false

        func run() async throws {
            let answer: VersionAnswer<JSONValue> = try await options.client().post(
                path("models", model, "versions", version, "transitions"),
                TransitionRequest(environment: environment, reason: because, replacing: replacing))
            if options.json { return try Output.json(answer) }
            print("Version \(answer.version) of \(answer.model) is in \(answer.environment).")
        }
    }

    struct Transitions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List who moved versions where, when and why, newest first; with --at, what stood where then.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument var model: String
        @Argument(help: "Number of a version; all when absent.") var version: Int64?
        @Option(help: "A time such as 2026-11-23T18:00:00Z.") var at: String?

        func run() async throws {
            let client = try options.client()
            let items: [TransitionAnswer]
            if let at {
                let page: Page<TransitionAnswer> = try await client.get(
                    path("models", model, "standing"), ["at": "\(try Self.milliseconds(at))"])
                items = page.items.filter { version == nil || $0.version == version }
            } else {
                items = try await client.items(
                    path("models", model, "transitions"), ["version": version.map { "\($0)" }], limit: listing.limit)
            }
            if options.json { return try Output.json(items) }
            guard at == nil else {
                return Output.table(
                    ["version", "environment", "since", "by", "because"],
                    items.map { ["\($0.version)", $0.to, Output.time($0.time), $0.author, $0.reason] })
            }
            Output.table(
                ["time", "version", "from", "to", "by", "because"],
                items.map { [Output.time($0.time), "\($0.version)", $0.from, $0.to, $0.author, $0.reason] })
        }

        private static func milliseconds(_ text: String) throws(Problem) -> Int64 {
            guard let date = (try? Date(text, strategy: .iso8601)) else {
                throw Problem(
                    .invalid, "client.time.malformed", "'\(text.printable)' is not a time.", fix: "Write it as 2026-11-23T18:00:00Z.")
            }
            return Int64(date.timeIntervalSince1970 * 1000)
        }
    }
}
