// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client

/// `dhow experiment …`
package struct ExperimentCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "experiment", abstract: "Group runs.",
        subcommands: [List.self, Show.self, Create.self, Rename.self, Delete.self, Restore.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List experiments, the latest changed first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @OptionGroup var search: SearchOptions

        func run() async throws {
            let experiments = try await options.client().items(
                path("experiments"), search.query, limit: listing.limit, as: ExperimentAnswer.self)
            if options.json { return try Output.json(experiments) }
            Output.table(
                ["experiment", "name", "lifecycle", "created", "updated"],
                experiments.map { ["\($0.id)", $0.name, $0.lifecycle, Output.time($0.created), Output.time($0.updated)] })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an experiment.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id or name.") var experiment: String

        func run() async throws {
            try print(try await options.client().experiment(experiment), options)
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make an experiment.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String
        @Option(help: "KEY=VALUE; may be repeated.") var tag: [String] = []

        func run() async throws {
            let request = CreateExperimentRequest(name: name, tags: try tag.map { try TagBody(parsing: $0) })
            try print(try await options.client().post(path("experiments"), request), options)
        }
    }

    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give an experiment another name.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id or name.") var experiment: String
        @Argument var name: String

        func run() async throws {
            let client = try options.client()
            let id = try await client.experiment(experiment).id
            try print(try await client.patch(path("experiments", "\(id)"), RenameRequest(name: name)), options)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put an experiment and its runs away.",
            discussion: "It can be restored.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id or name.") var experiment: String

        func run() async throws {
            let client = try options.client()
            let id = try await client.experiment(experiment).id
            try print(try await client.delete(path("experiments", "\(id)")), options)
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Bring an experiment and its runs back.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "Id or name.") var experiment: String

        func run() async throws {
            let client = try options.client()
            let id = try await client.experiment(experiment).id
            try print(try await client.post(path("experiments", "\(id)", "restore"), [String: String]()), options)
        }
    }
}

extension AsyncParsableCommand {
    fileprivate func print(_ answer: ExperimentAnswer, _ options: ClientOptions) throws {
        if options.json { return try Output.json(answer) }
        var rows = [
            ["experiment", "\(answer.id)"], ["name", answer.name], ["lifecycle", answer.lifecycle],
            ["created", Output.time(answer.created)],
            ["updated", Output.time(answer.updated)],
        ]
        if let place = answer.place { rows.append(["artifacts at", place]) }
        rows += answer.tags.map { ["tag \($0.key)", $0.value] }
        Output.table(["what", "value"], rows)
    }
}

extension DhowClient {
    /// - Parameter reference: An id, or else a name; a name of digits alone is reached through its id.
    func experiment(_ reference: String) async throws -> ExperimentAnswer {
        if let id = Int64(reference) { return try await get(path("experiments", "\(id)")) }
        let page: Page<ExperimentAnswer> = try await get(path("experiments"), ["name": reference])
        guard let experiment = page.items.first else { preconditionFailure("An unknown name is refused.") }
        return experiment
    }
}
