// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow backfill …`; one is started by `dhow execution backfill`.
package struct BackfillCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "backfill", abstract: "See and steer executions over a range of dates or values.",
        subcommands: [List.self, Show.self, Pause.self, Resume.self, Cancel.self])

    package init() {}

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "backfill", abstract: "Run a pipeline once for each date of a range, or each of some values.",
            discussion: "Dates and values that an earlier backfill has done are skipped, unless --again is given.")

        @OptionGroup var options: ClientOptions
        @Argument var pipeline: String
        @Option(help: "The parameter that differs.") var parameter: String
        @Option(help: "The first date, such as 2026-01-31.") var from: String?
        @Option(help: "The last date.") var to: String?
        @Option(help: "day, week or month: values are 2026-01-31, or 2026-01 for months.") var step: String?
        @Option(help: "Values instead of dates, separated by commas.") var values: String?
        @Option(help: "How many executions run at once.") var concurrency: Int?
        @Flag(help: "Do again what succeeded before.") var again = false
        @Option(name: .customShort("p"), help: "Another parameter as NAME=VALUE; may be repeated.") var others: [String] = []

        func run() async throws {
            let client = try options.client()
            var parameters: [String: JSONValue]?
            if !others.isEmpty {
                let answer: PipelineAnswer = try await client.get(path("pipelines", pipeline))
                let declared = (answer.content?.parameters ?? []).map { ($0.name, $0.type) }
                parameters = try ParameterOptions.values(others, types: Dictionary(declared, uniquingKeysWith: { first, _ in first }))
            }
            let request = StartBackfillRequest(
                pipeline: pipeline, parameter: parameter, from: from, to: to, step: step,
                values: values?.split(separator: ",").map(String.init), parameters: parameters, concurrency: concurrency,
                again: again ? true : nil)
            let answer: BackfillAnswer = try await client.post("/api/v1/backfills", request)
            if options.json { return try Output.json(answer) }
            print("Backfill \(answer.id): \(answer.progress).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List backfills, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions

        func run() async throws {
            let backfills = try await options.client().items("/api/v1/backfills", limit: listing.limit, as: BackfillAnswer.self)
            if options.json { return try Output.json(backfills) }
            Output.table(
                ["backfill", "pipeline", "parameter", "state", "progress", "started", "ended", "by"],
                backfills.map {
                    [$0.id, $0.pipeline, $0.parameter, $0.state, $0.progress, Output.time($0.created), Output.time($0.ended), $0.author]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a backfill and its partitions.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument(help: "Id of the backfill.") var backfill: String
        @Option(help: "Only partitions that are waiting, running, succeeded, failed, cancelled or skipped.") var state: String?

        func run() async throws {
            let client = try options.client()
            let answer: BackfillAnswer = try await client.get(path("backfills", backfill))
            let partitions = try await client.items(
                path("backfills", backfill, "partitions"), ["state": state], limit: listing.limit, as: BackfillPartitionAnswer.self)
            if options.json { return try Output.json(Shown(backfill: answer, partitions: partitions)) }
            Output.table(
                ["what", "value"],
                [
                    ["pipeline", answer.pipeline], ["parameter", answer.parameter], ["state", answer.state],
                    ["progress", answer.progress], ["at once", "\(answer.concurrency)"],
                    ["started", "\(Output.time(answer.created)) by \(answer.author)"], ["ended", Output.time(answer.ended)],
                ])
            print()
            Output.table(
                [answer.parameter, "state", "execution", "why"],
                try partitions.map { [try Output.line($0.value), $0.state, $0.execution ?? "-", $0.detail ?? "-"] })
        }

        private struct Shown: Encodable {
            var backfill: BackfillAnswer
            var partitions: [BackfillPartitionAnswer]
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start nothing more for now; what runs goes on.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the backfill.") var backfill: String

        func run() async throws { try await BackfillCommands.steer(backfill, "pause", options) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on with a paused backfill.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the backfill.") var backfill: String

        func run() async throws { try await BackfillCommands.steer(backfill, "resume", options) }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start nothing more, and cancel what runs.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the backfill.") var backfill: String

        func run() async throws { try await BackfillCommands.steer(backfill, "cancel", options) }
    }

    private static func steer(_ backfill: String, _ verb: String, _ options: ClientOptions) async throws {
        let answer: BackfillAnswer = try await options.client().post(path("backfills", backfill, verb), [String: String]())
        if options.json { return try Output.json(answer) }
        print("Backfill \(answer.id) is \(answer.state): \(answer.progress).")
    }
}

extension BackfillAnswer {
    /// `3 waiting, 1 running, 8 succeeded`.
    fileprivate var progress: String {
        let known = ["waiting", "running", "succeeded", "failed", "cancelled", "skipped"]
        let parts = known.compactMap { state in counts[state].map { "\($0) \(state)" } }
        return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
    }
}
