// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain

/// `dhow evaluation-dataset …`
package struct EvaluationDatasetCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "evaluation-dataset", abstract: "See what programs are evaluated with.",
        subcommands: [Create.self, List.self, Show.self, Records.self, Delete.self])

    package init() {}

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an evaluation dataset.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String
        @Option(help: "Id or name of an experiment it belongs to; repeat it for more.") var experiment: [String] = []
        @Option(help: "KEY=VALUE; repeat it for more.") var tag: [String] = []

        func run() async throws {
            let client = try options.client()
            var experiments: [Int64] = []
            for name in experiment { experiments.append(try await client.experiment(name).id) }
            let request = CreateEvaluationDatasetRequest(
                name: name, tags: try tag.map { try TagBody(parsing: $0) }, experiments: experiments)
            let answer: EvaluationDatasetAnswer = try await client.post(path("evaluation-datasets"), request)
            if options.json { return try Output.json(answer) }
            print("Evaluation dataset \(answer.name) has the id \(answer.id).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List evaluation datasets, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Option(help: "Such as \"name LIKE 'support%' AND tags.team = 'risk'\".") var filter: String?
        @Option(help: "Such as \"name ASC\".") var order: String?
        @Option(help: "Id or name of an experiment.") var experiment: String?

        func run() async throws {
            let client = try options.client()
            var id: Int64?
            if let experiment { id = try await client.experiment(experiment).id }
            let datasets = try await client.items(
                path("evaluation-datasets"), ["experiment": id.map { "\($0)" }, "filter": filter, "order": order], limit: listing.limit,
                as: EvaluationDatasetAnswer.self)
            if options.json { return try Output.json(datasets) }
            Output.table(
                ["evaluation dataset", "name", "records", "digest", "updated", "by"],
                datasets.map { [$0.id, $0.name, "\($0.records)", $0.digest, Output.time($0.updated), $0.editor] })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an evaluation dataset: its fields, experiments and tags.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the evaluation dataset.") var dataset: String

        func run() async throws {
            let answer: EvaluationDatasetAnswer = try await options.client().get(path("evaluation-datasets", dataset))
            if options.json { return try Output.json(answer) }
            var rows = [
                ["evaluation dataset", answer.id], ["name", answer.name], ["records", "\(answer.records)"], ["digest", answer.digest],
                ["experiments", answer.experiments.map { "\($0)" }.joined(separator: ", ")],
                ["created", Output.time(answer.created) + " by " + answer.author],
                ["updated", Output.time(answer.updated) + " by " + answer.editor],
            ]
            for (noun, fields) in [("input", answer.inputs), ("output", answer.outputs), ("expectation", answer.expectations)] {
                rows += fields.sorted { $0.key < $1.key }.map { ["\(noun) \($0.key)", $0.value] }
            }
            rows += answer.tags.map { ["tag \($0.key)", $0.value] }
            Output.table(["what", "value"], rows)
        }
    }

    struct Records: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the records of an evaluation dataset, oldest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument(help: "Id of the evaluation dataset.") var dataset: String

        func run() async throws {
            let records = try await options.client().items(
                path("evaluation-datasets", dataset, "records"), limit: listing.limit, as: EvaluationRecordAnswer.self)
            if options.json { return try Output.json(records) }
            Output.table(
                ["record", "inputs", "expectations", "source", "updated"],
                records.map { record in
                    [
                        record.id, JSONValue.object(record.inputs).jsonText,
                        record.expectations.map { JSONValue.object($0).jsonText } ?? "-", record.sourceKind ?? "-",
                        Output.time(record.updated),
                    ]
                })
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete an evaluation dataset and its records for good.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id of the evaluation dataset.") var dataset: String

        func run() async throws {
            let answer: EvaluationDatasetAnswer = try await options.client().delete(path("evaluation-datasets", dataset))
            if options.json { return try Output.json(answer) }
            print("Evaluation dataset \(answer.name) and its \(answer.records) records are deleted.")
        }
    }
}
