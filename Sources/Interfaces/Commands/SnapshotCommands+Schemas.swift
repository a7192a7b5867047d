// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client

extension SnapshotCommands {
    struct DraftContract: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "draft-contract", abstract: "Print a data contract that a snapshot keeps, to go on from.",
            discussion: "Made from the snapshot's profile, or by reading its files when it has none.")

        @OptionGroup var options: ClientOptions
        @Option(help: "The contract's name; else the dataset's.") var name: String?
        @Argument(help: "An id, or DATASET@N.") var snapshot: String

        func run() async throws {
            let client = try options.client()
            let id = try await client.snapshot(snapshot).id
            let answer: ContractDraftAnswer = try await client.get(path("snapshots", id, "contract-draft"), ["name": name])
            if options.json { return try Output.json(answer) }
            print(answer.document, terminator: "")
        }
    }

    struct Evolution: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Classify how a snapshot's columns became another's: compatible, needs a look, breaking.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "The earlier: an id, or DATASET@N.") var before: String
        @Argument(help: "The later: an id, or DATASET@N.") var after: String

        func run() async throws {
            let client = try options.client()
            let (old, new) = (try await client.snapshot(before), try await client.snapshot(after))
            let answer: SchemaEvolutionAnswer = try await client.get(path("snapshots", old.id, "evolution", new.id))
            if options.json { return try Output.json(answer) }
            Output.table(
                ["column", "change", "is", "type", "reasons"],
                answer.columns.map { column in
                    let (before, after) = (column.before ?? "-", column.after ?? "-")
                    return [
                        column.name, column.change, column.classification, before == after ? after : "\(before) → \(after)",
                        column.reasons.isEmpty ? "-" : column.reasons.joined(separator: " "),
                    ]
                })
            print()
            print("The change of the schema is \(answer.classification).")
        }
    }
}
