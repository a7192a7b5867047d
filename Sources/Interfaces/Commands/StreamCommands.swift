// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow stream …`
package struct StreamCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "Take records in from files, requests and brokers; send events out to brokers.",
        subcommands: [List.self, Show.self, Pause.self, Resume.self, Delete.self, Letters.self, Retry.self, Discard.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the streams.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions

        func run() async throws {
            let streams = try await options.client().items("/api/v1/streams", limit: listing.limit, as: StreamAnswer.self)
            if options.json { return try Output.json(streams) }
            Output.table(
                ["stream", "direction", "place", "state", "taken", "repeated", "refused", "last"],
                streams.map {
                    [
                        $0.name, $0.direction, $0.place, $0.state, "\($0.taken)", "\($0.repeated)", "\($0.refused)",
                        Output.time($0.lastTaken),
                    ]
                })
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a stream, how far it is, and what is wrong with it.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() async throws { try StreamCommands.show(try await options.client().get(path("streams", name)), options) }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take and send nothing until it is resumed.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() async throws {
            try StreamCommands.show(try await options.client().post(path("streams", name, "pause"), [String: String]()), options)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let it go on where it was.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() async throws {
            try StreamCommands.show(try await options.client().post(path("streams", name, "resume"), [String: String]()), options)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a stream with its position and its dead letters; what it took stays.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String

        func run() async throws {
            let answer: EmptyAnswer = try await options.client().delete(path("streams", name))
            if options.json { try Output.json(answer) } else { print("Stream \(name) is deleted.") }
        }
    }

    struct Letters: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the records that a stream could not take, newest first; --json shows what they hold.")

        @OptionGroup var options: ClientOptions
        @OptionGroup var listing: ListingOptions
        @Argument var name: String

        func run() async throws {
            let letters = try await options.client().items(
                path("streams", name, "letters"), limit: listing.limit, as: DeadLetterAnswer.self)
            if options.json { return try Output.json(letters) }
            Output.table(
                ["id", "created", "from", "code", "problem"],
                letters.map { [$0.id, Output.time($0.created), $0.place, $0.code, $0.problem] })
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a dead letter again.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String
        @Argument(help: "Id of the dead letter.") var letter: String

        func run() async throws {
            let answer: StreamReceiptAnswer = try await options.client().post(
                path("streams", name, "letters", letter, "retry"), [String: String]())
            if options.json { return try Output.json(answer) }
            if let refusal = answer.refused.first {
                throw Problem(.rejected, refusal.code, "The record still cannot be taken.", why: refusal.problem)
            }
            print(answer.taken == 1 ? "The record is taken." : "The record had been taken before.")
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a dead letter from the list.")

        @OptionGroup var options: ClientOptions
        @Argument var name: String
        @Argument(help: "Id of the dead letter.") var letter: String

        func run() async throws {
            let answer: EmptyAnswer = try await options.client().delete(path("streams", name, "letters", letter))
            if options.json { try Output.json(answer) } else { print("Dead letter \(letter) is gone.") }
        }
    }

    private static func show(_ answer: StreamAnswer, _ options: ClientOptions) throws {
        if options.json { return try Output.json(answer) }
        var rows = [
            ["name", answer.name], ["direction", answer.direction], ["place", answer.place], ["records", answer.records ?? "-"],
            ["state", answer.state], ["taken", "\(answer.taken)"], ["repeated", "\(answer.repeated)"], ["refused", "\(answer.refused)"],
            ["dead letters", answer.letters.map(String.init) ?? "-"], ["last", Output.time(answer.lastTaken)],
            ["generation", "\(answer.generation)"], ["author", answer.author], ["created", Output.time(answer.created)],
        ]
        if let error = answer.error { rows.append(["error", error]) }
        rows += (answer.positions ?? []).prefix(20).map { ["position of \($0.part)", $0.position] }
        Output.table(["what", "value"], rows)
    }
}

extension StreamAnswer {
    fileprivate var state: String { paused != nil ? "paused" : error != nil ? "failing" : "running" }
}
