// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client
import Domain

extension ModelCommands {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a registered model without versions.", discussion: "Registering a version makes its model as well.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Option(help: "What it is for.") var description: String?
        @Option(help: "KEY=VALUE; may be repeated.") var tag: [String] = []

        func run() async throws {
            let request = CreateModelRequest(name: model, description: description, tags: try tag.map { try TagBody(parsing: $0) })
            try ModelCommands.print(try await options.client().post(path("models"), request), options)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a model another name or description; what is not named stays.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Option(help: "The new name.") var name: String?
        @Option(help: "The new description.") var description: String?

        func run() async throws {
            let request = UpdateModelRequest(name: name, description: description)
            try ModelCommands.print(try await options.client().patch(path("models", model), request), options)
        }
    }

    struct Tag: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Set or delete a tag of a model, or of one of its versions.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Argument(help: "KEY=VALUE; with --delete the KEY.") var tag: String
        @Option(help: "A number, an alias or 'latest'; the model itself when absent.") var version: String?
        @Flag(help: "Take the tag away.") var delete = false

        func run() async throws {
            let client = try options.client()
            let owner = ["models", model] + (version.map { ["versions", $0] } ?? []) + ["tags"]
            let answer: TaggedAnswer
            if delete {
                answer = try await client.delete(path(owner + tag.segments))
            } else {
                let body = try TagBody(parsing: tag)
                answer = try await client.put(path(owner + body.key.segments), TagValueRequest(value: body.value))
            }
            if options.json { return try Output.json(answer.tags) }
            Output.table(["tag", "value"], answer.tags.map { [$0.key, $0.value] })
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a model with all its versions, or one version.",
            discussion: "It cannot be brought back; numbers are not given again, and the ledger keeps what was there.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Option(help: "Number of the version; the model with all its versions when absent.") var version: Int64?

        func run() async throws {
            let client = try options.client()
            if let version {
                let answer: VersionAnswer<JSONValue> = try await client.delete(path("models", model, "versions", "\(version)"))
                if options.json { return try Output.json(answer) }
                Swift.print("Deleted version \(answer.version) of \(answer.model).")
            } else {
                let answer: ModelAnswer = try await client.delete(path("models", model))
                if options.json { return try Output.json(answer) }
                Swift.print("Deleted \(answer.name).")
            }
        }
    }

    static func print(_ answer: ModelAnswer, _ options: ClientOptions) throws {
        if options.json { return try Output.json(answer) }
        var rows = [
            ["model", answer.name], ["description", answer.description ?? "-"],
            ["created", "\(Output.time(answer.created)) by \(answer.author)"],
            ["updated", Output.time(answer.updated)], ["aliases", answer.aliasText],
        ]
        rows += answer.tags.map { ["tag \($0.key)", $0.value] }
        Output.table(["what", "value"], rows)
    }
}

/// What a model and a version have in common here.
private struct TaggedAnswer: Codable {
    var tags: [TagBody]
}
