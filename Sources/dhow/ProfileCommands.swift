// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Commands
import Domain
import DuckDB
import Foundation
import Profiling

/// `dhow profile …`
struct ProfileCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Make and merge profiles of tables, without a server.",
        subcommands: [Make.self, Merge.self, Show.self], defaultSubcommand: Make.self)

    struct Make: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Profile files that make one table together: CSV (also .gz), Parquet or profiles.",
            discussion: "Memory does not grow with the rows. What is printed is for people; --out keeps the profile.")

        @Argument(help: "Files with the same columns.") var files: [String]
        @Option(name: [.short, .long], help: "A file for the profile; it must end in .json.") var out: String?
        @Option(help: "The column with predictions.") var score: String?
        @Option(help: "The column with what came true.") var label: String?
        @Option(help: "A text that means null, besides the empty field; may be repeated.") var null: [String] = []
        @Option(help: "DuckDB's program, for Parquet that is packed in unusual ways.") var duckdb: String?

        func run() async throws {
            var options = ReadingOptions()
            (options.score, options.label, options.nulls) = (score, label, null)
            let profile = try await ProfileFiles(options: options, duckdb: duckdb).profile(of: files)
            if let out { try profile.write(to: out) } else { profile.show() }
        }
    }

    struct Merge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Merge profiles of parts into the profile of the whole; the order does not matter.")

        @Argument(help: "Profiles with the same columns.") var profiles: [String]
        @Option(name: [.short, .long], help: "A file for the profile; it must end in .json.") var out: String

        func run() async throws {
            try await ProfileFiles(options: ReadingOptions(), duckdb: nil).profile(of: profiles).write(to: out)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a profile, column by column.")

        @Argument(help: "A profile.") var profile: String
        @Flag(help: "Print it as it is kept, in JSON.") var json = false

        func run() async throws {
            let profile = try await ProfileFiles(options: ReadingOptions(), duckdb: nil).profile(of: [profile])
            if json { print(String(decoding: try profile.json, as: UTF8.self)) } else { profile.show() }
        }
    }
}

/// Files on the command line, read to one profile.
struct ProfileFiles {
    let options: ReadingOptions
    let duckdb: String?

    func profile(of files: [String]) async throws -> TableProfile {
        let rows = DuckDBRows(program: Platform.duckDBProgram(explicit: duckdb))
        var whole: TableProfile?
        for file in files {
            let part = try ProfileFile(file).profile(options) { path, chunk in try rows.each(of: path, chunk) }
            guard var merged = whole else {
                whole = part
                continue
            }
            guard merged.merge(part) else {
                throw Problem(
                    .invalid, "profiling.columns.differ", "'\(file.printable)' has other columns than '\(files[0].printable)'.",
                    fix: "Give files of one table.")
            }
            whole = merged
        }
        guard let whole else { throw ValidationError("Name a file.") }
        return whole
    }
}

extension TableProfile {
    fileprivate func write(to path: String) throws {
        guard path.hasSuffix(".json") else { throw ValidationError("The name of a profile ends in .json.") }
        do {
            try json.write(to: URL(filePath: path), options: .atomic)
        } catch let error as CocoaError {
            throw Problem(
                .unavailable, "profiling.output.unwritable", "'\(path.printable)' cannot be written.", why: error.localizedDescription)
        }
    }

    fileprivate func show() {
        Output.table(
            ["column", "kind", "rows", "missing", "different", "smallest", "median", "largest", "commonest"], columns.map(\.cells))
    }
}
