// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow monitor …`
package struct MonitorCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "monitor", abstract: "Watch whether models still do what they did.",
        subcommands: [
            Apply.self, List.self, Rebase.self, Evaluate.self, Evaluations.self, MonitorRules.self, MonitorExpectation.self,
            MonitorLabels.self,
        ])

    package init() {}

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a monitor or give it a new specification.",
            discussion: "The file is JSON: name, endpoint, features (name, kind 'number' or 'category'), label, thresholds.")

        @OptionGroup var options: ClientOptions
        @Option(help: "JSON file.") var file: String

        func run() async throws {
            guard let data = FileManager.default.contents(atPath: file),
                let document = try? JSONDecoder().decode(JSONValue.self, from: data)
            else { throw Problem(.invalid, "client.file.unreadable", "'\(file.printable)' cannot be read as JSON.") }
            let answer: MonitorAnswer = try await options.client().post("/api/v1/monitors", document)
            if options.json { return try Output.json(answer) }
            print("Monitor \(answer.name) watches endpoint \(answer.endpoint), revision \(answer.revision).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the monitors.")

        @OptionGroup var options: ClientOptions

        func run() async throws {
            let client = try options.client()
            var monitors: [MonitorAnswer] = []
            var after: String?
            repeat {
                let page: Page<MonitorAnswer> = try await client.get("/api/v1/monitors", ["after": after, "limit": "1000"])
                monitors += page.items
                after = page.next
            } while after != nil
            if options.json { return try Output.json(monitors) }
            Output.table(
                ["monitor", "endpoint", "revision", "changed"],
                monitors.map { [$0.name, $0.endpoint, "\($0.revision)", Output.time($0.changed)] })
        }
    }

    struct Rebase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Freeze what a version's windows are compared with.",
            discussion: "Give a window of the prediction log, or a CSV file of held-out rows scored by the version.")

        @OptionGroup var options: ClientOptions
        @Argument var monitor: String
        @Option(help: "Name of the model.") var model: String
        @Option(help: "Number of the version.") var version: Int
        @Option(help: "Begin of the window, such as 2013-03-01 or 2013-03-01T00:00:00Z.") var start: WindowTime?
        @Option(help: "End of the window, not part of it.") var end: WindowTime?
        @Option(help: "CSV file with a header.") var csv: String?
        @Option(help: "The file's column with the scores.") var score = "score"
        @Option(help: "The file's column with the labels.") var label = "label"

        func validate() throws {
            guard (csv == nil) == (start != nil && end != nil), (start == nil) == (end == nil) else {
                throw ValidationError("Give --start and --end, or --csv.")
            }
        }

        func run() async throws {
            let client = try options.client()
            let answer: BaselineAnswer
            if let csv {
                answer = try await client.upload(
                    URL(filePath: csv), to: "/api/v1/monitors/\(monitor)/baselines/\(model)/\(version)", ["score": score, "label": label])
            } else {
                answer = try await client.post(
                    "/api/v1/monitors/\(monitor)/baselines",
                    RebaseRequest(model: model, version: version, windowStart: start?.milliseconds, windowEnd: end?.milliseconds))
            }
            if options.json { return try Output.json(answer) }
            let level = answer.logLoss.map { ", log loss \(Output.decimal($0))" } ?? ", without labels"
            print("The baseline of \(answer.model) \(answer.version) is \(answer.rows) rows\(level).")
        }
    }

    struct Evaluate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Judge a window of predictions now.")

        @OptionGroup var options: ClientOptions
        @Argument var monitor: String
        @Option(help: "Begin of the window, such as 2013-03-01 or 2013-03-01T00:00:00Z.") var start: WindowTime
        @Option(help: "End of the window, not part of it.") var end: WindowTime

        func run() async throws {
            let answer: EvaluationAnswer = try await options.client().post(
                "/api/v1/monitors/\(monitor)/evaluations", EvaluateRequest(start: start.milliseconds, end: end.milliseconds))
            if options.json { return try Output.json(answer) }
            print("\(answer.verdict), from \(answer.rows) rows\(answer.retrainBlocked ? "; retraining is blocked" : "").")
            for reason in answer.reasons { print("  \(reason)") }
        }
    }

    struct Evaluations: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a monitor's latest judgements, newest first.")

        @OptionGroup var options: ClientOptions
        @Argument var monitor: String
        @Option(help: "At most this many.") var limit = 20

        func run() async throws {
            let page: Page<EvaluationAnswer> = try await options.client().get(
                "/api/v1/monitors/\(monitor)/evaluations", ["limit": "\(limit)"])
            if options.json { return try Output.json(page.items) }
            Output.table(
                ["id", "start", "end", "rows", "verdict", "retraining"],
                page.items.map {
                    [
                        $0.id, Output.time($0.windowStart), Output.time($0.windowEnd), "\($0.rows)", $0.verdict,
                        $0.retrainBlocked ? "blocked" : "-",
                    ]
                })
        }
    }
}

/// A moment on the command line: an ISO 8601 date or time in UTC.
struct WindowTime: ExpressibleByArgument {
    var milliseconds: Int64

    init?(argument: String) {
        let text = argument.contains("T") ? argument : argument + "T00:00:00Z"
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
    }
}

extension Output {
    /// Four decimals.
    fileprivate static func decimal(_ value: Double) -> String { String((value * 10_000).rounded() / 10_000) }
}
