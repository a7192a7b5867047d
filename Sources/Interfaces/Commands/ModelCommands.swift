// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow model …`
package struct ModelCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "model", abstract: "See and change the registered models, push and pull their versions.",
        subcommands: [List.self, Show.self, Create.self, Update.self, Tag.self, Delete.self, Push.self, Pull.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the registered models by name.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions

        func run() async throws {
            let models = try await options.client().items(path("models"), limit: listing.limit, as: ModelAnswer.self)
            if options.json { return try Output.json(models) }
            Output.table(
                ["model", "updated", "author", "aliases"], models.map { [$0.name, Output.time($0.updated), $0.author, $0.aliasText] })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a registered model.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String

        func run() async throws {
            let answer: ModelAnswer = try await options.client().get(path("models", model))
            try ModelCommands.print(answer, options)
        }
    }
}

/// `dhow version …`
package struct VersionCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "version", abstract: "See the versions of a model, and move them.",
        subcommands: [List.self, Show.self, Register.self, Transition.self, Transitions.self, ProvenanceCommand.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List a model's versions, newest first.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument var model: String

        func run() async throws {
            let versions = try await options.client().items(
                path("models", model, "versions"), limit: listing.limit, as: VersionAnswer<JSONValue>.self)
            if options.json { return try Output.json(versions) }
            Output.table(
                ["version", "environment", "created", "author", "aliases", "run", "commit"],
                versions.map {
                    let aliases = $0.aliases.isEmpty ? "-" : $0.aliases.joined(separator: ", ")
                    return [
                        "\($0.version)", $0.environment, Output.time($0.created), $0.author, aliases, $0.run ?? "-", $0.codeCommit ?? "-",
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a version: what it is and where it came from.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Argument(help: "A number, an alias or 'latest'.") var version: String

        func run() async throws {
            let answer: VersionAnswer<JSONValue> = try await options.client().get(path("models", model, "versions", version))
            if options.json { return try Output.json(answer) }
            var rows = [
                ["version", "\(answer.model) \(answer.version)"], ["created", "\(Output.time(answer.created)) by \(answer.author)"],
                ["description", answer.description ?? "-"],
                ["aliases", answer.aliases.isEmpty ? "-" : answer.aliases.joined(separator: ", ")],
                ["run", answer.run ?? "-"], ["execution", answer.execution ?? "-"],
                ["snapshots", answer.snapshots.isEmpty ? "-" : answer.snapshots.joined(separator: ", ")],
                ["commit", answer.codeCommit ?? "-"], ["environment lock", answer.environmentLock ?? "-"],
                ["feature service", answer.featureService ?? "-"], ["environment", answer.environment], ["source", answer.source ?? "-"],
            ]
            if let signature = answer.signature {
                rows.append(["signature", String(decoding: try JSONEncoder().encode(signature), as: UTF8.self)])
            }
            rows += answer.tags.map { ["tag \($0.key)", $0.value] }
            Output.table(["what", "value"], rows)
            print()
            Output.table(["file", "bytes", "digest"], answer.files.map { [$0.path, "\($0.size)", $0.digest] })
        }
    }
}

/// `dhow alias …`
package struct AliasCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "alias", abstract: "Name versions of a model.", subcommands: [Set.self, Delete.self])

    package init() {}

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Point an alias at a version, wherever it pointed before.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Argument var alias: String
        @Argument(help: "Number of the version.") var version: Int64

        func run() async throws {
            let answer: AliasAnswer = try await options.client().put(
                path("models", model, "aliases", alias), SetAliasRequest(version: version))
            if options.json { try Output.json(answer) } else { print("\(answer.alias) of \(model) is version \(answer.version).") }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take an alias away; the version stays.")

        @OptionGroup var options: ClientOptions
        @Argument var model: String
        @Argument var alias: String

        func run() async throws {
            let answer: ModelAnswer = try await options.client().delete(path("models", model, "aliases", alias))
            if options.json { try Output.json(answer) } else { print("\(model) has no alias \(alias).") }
        }
    }
}

extension ModelAnswer {
    var aliasText: String {
        aliases.isEmpty ? "-" : aliases.map { "\($0.alias) = \($0.version)" }.joined(separator: ", ")
    }
}
