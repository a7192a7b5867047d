// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow logged-model …`
package struct LoggedModelCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "logged-model", abstract: "See the models that training programs wrote.", subcommands: [List.self, Show.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the logged models of an experiment, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Option(help: "Such as \"metrics.auc > 0.8\".") var filter: String?
        @Option(help: "Such as \"metrics.auc DESC\".") var order: String?
        @Argument(help: "Id or name of the experiment.") var experiment: String

        func run() async throws {
            let client = try options.client()
            let id = try await client.experiment(experiment).id
            let models = try await client.items(
                path("logged-models"), ["experiment": "\(id)", "filter": filter, "order": order], limit: listing.limit,
                as: LoggedModelAnswer.self)
            if options.json { return try Output.json(models) }
            Output.table(
                ["model", "name", "type", "status", "created", "run"],
                models.map { [$0.id, $0.name, $0.type ?? "-", $0.status, Output.time($0.created), $0.run ?? "-"] })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a logged model: its params, metrics and tags.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String

        func run() async throws {
            let answer: LoggedModelAnswer = try await options.client().get(path("logged-models", model))
            if options.json { return try Output.json(answer) }
            var rows = [
                ["model", answer.id], ["name", answer.name], ["type", answer.type ?? "-"], ["experiment", "\(answer.experiment)"],
                ["run", answer.run ?? "-"], ["status", answer.status], ["created", Output.time(answer.created)],
            ]
            rows += answer.params.map { ["param \($0.key)", $0.value] }
            rows += answer.metrics.map { ["metric \($0.key)", "\(Output.number($0.value)) at step \($0.step), run \($0.run)"] }
            rows += answer.tags.map { ["tag \($0.key)", $0.value] }
            Output.table(["what", "value"], rows)
        }
    }
}
