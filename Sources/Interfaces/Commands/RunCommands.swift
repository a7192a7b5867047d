// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow run …`
package struct RunCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run", abstract: "See what was tried, and compare it.",
        subcommands: [List.self, Show.self, Compare.self, Delete.self, Restore.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the runs of an experiment, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @OptionGroup var search: SearchOptions
        @Argument(help: "Id or name of the experiment.") var experiment: String

        func run() async throws {
            let client = try options.client()
            var query = search.query
            query["experiment"] = "\(try await client.experiment(experiment).id)"
            let runs = try await client.items(path("runs"), query, limit: listing.limit, as: RunAnswer.self)
            if options.json { return try Output.json(runs) }
            Output.table(
                ["run", "name", "status", "started", "author", "metrics"],
                runs.map { run in
                    let metrics = run.metrics.prefix(4).map { "\($0.key) = \(Output.number($0.value))" }.joined(separator: ", ")
                    let rest = run.metrics.count > 4 ? ", …" : ""
                    return [run.id, run.name, run.status, Output.time(run.started), run.author, metrics.isEmpty ? "-" : metrics + rest]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a run: its params, latest metrics, tags, inputs and models.")

        @OptionGroup var options: ClientOptions
        @Argument var run: String

        func run() async throws {
            try print(try await options.client().get(path("runs", run)), options)
        }
    }

    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the params and latest metrics of runs side by side.", discussion: "Rows marked * differ between the runs.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Two to ten runs.") var runs: [String]
        @Flag(help: "Only what differs.") var differences = false

        func validate() throws {
            guard (2...10).contains(runs.count) else { throw ValidationError("Give two to ten runs.") }
        }

        func run() async throws {
            let client = try options.client()
            var answers: [RunAnswer] = []
            for run in runs { answers.append(try await client.get(path("runs", run))) }
            let comparison = RunComparison(answers, onlyDifferences: differences)
            if options.json { return try Output.json(comparison) }
            Output.table(
                ["what", "differs"] + answers.indices.map { "run \($0 + 1)" },
                [["run", ""] + answers.map(\.id), ["name", ""] + answers.map(\.name), ["status", ""] + answers.map(\.status)]
                    + comparison.rows.map { [$0.name, $0.differs ? "*" : ""] + $0.values.map { $0 ?? "-" } })
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a run away.", discussion: "It can be restored.")

        @OptionGroup var options: ClientOptions
        @Argument var run: String

        func run() async throws {
            let answer: RunAnswer = try await options.client().delete(path("runs", run))
            if options.json { try Output.json(answer) } else { Swift.print("Run \(answer.id) is \(answer.lifecycle).") }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bring a run back.")

        @OptionGroup var options: ClientOptions
        @Argument var run: String

        func run() async throws {
            let answer: RunAnswer = try await options.client().post(path("runs", run, "restore"), [String: String]())
            if options.json { try Output.json(answer) } else { Swift.print("Run \(answer.id) is \(answer.lifecycle).") }
        }
    }
}

extension RunCommands.Show {
    private func print(_ answer: RunAnswer, _ options: ClientOptions) throws {
        if options.json { return try Output.json(answer) }
        var rows = [
            ["run", answer.id], ["experiment", "\(answer.experiment)"], ["name", answer.name], ["author", answer.author],
            ["status", answer.status], ["lifecycle", answer.lifecycle],
            ["started", Output.time(answer.started)], ["ended", Output.time(answer.ended)],
        ]
        rows += answer.params.map { ["param \($0.key)", $0.value] }
        rows += answer.metrics.map { ["metric \($0.key)", "\(Output.number($0.value)) at step \($0.step ?? 0)"] }
        rows += answer.inputs.map { ["input", "\($0.name) \($0.digest)" + ($0.context.map { ", \($0)" } ?? "")] }
        rows += answer.models.map { ["\($0.direction) model", $0.model] }
        rows += answer.tags.map { ["tag \($0.key)", $0.value] }
        Output.table(["what", "value"], rows)
    }
}
