// SPDX-License-Identifier: Apache-2.0

import API
package import ArgumentParser
import Client
import Domain
import Foundation

/// `dhow lineage …`
package struct LineageCommands: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lineage", abstract: "Follow what was predicted back to data, code and people.",
        subcommands: [OfPrediction.self, OfSnapshot.self, OfExecution.self])

    package init() {}

    struct OfPrediction: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "prediction",
            abstract: "Show the chain behind a prediction, with the ledger entries that prove it.",
            discussion: """
                A link that is not there is shown as missing, with the reason. FAULT marks a link about which the ledger does not say what the \
                database says.
                """)

        @OptionGroup var options: ClientOptions
        @Argument(help: "<prediction_id>.<row>, rows counting from 0.") var prediction: String
        @Option(help: "Also write each entry's receipt into this folder.") var proofs: String?

        func run() async throws {
            let answer: LineageAnswer = try await options.client().get(path("lineage", "predictions", prediction))
            let files = try proofs.map { try Self.write(answer.root.allEntries, to: $0) }
            if options.json { return try Output.json(answer) }
            for line in LineageTree(root: answer.root).lines { print(line) }
            print()
            print("\(answer.missing) links are missing, \(answer.faults) have faults.")
            if let files { Self.explain(files, answer.key) }
        }
    }

    struct OfSnapshot: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "snapshot", abstract: "Show what a snapshot followed, and the runs, executions, versions and gates that used it.",
            discussion: "Beneath the snapshot stands the state before it, then its users, the newest 100 of each kind.")

        @OptionGroup var options: ClientOptions
        @Argument(help: "An id, or DATASET@N.") var snapshot: String

        func run() async throws {
            let client = try options.client()
            let answer: LineageAnswer = try await client.get(path("lineage", "snapshots", try await client.snapshot(snapshot).id))
            if options.json { return try Output.json(answer) }
            for line in LineageTree(root: answer.root).lines { print(line) }
            print()
            print("\(answer.missing) links are missing, \(answer.faults) have faults.")
        }
    }
}

extension LineageCommands.OfPrediction {
    /// - Returns: The files written.
    private static func write(_ entries: [LineageEntryAnswer], to folder: String) throws -> [String] {
        let folder = URL(filePath: folder, directoryHint: .isDirectory)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            return try entries.compactMap { entry in
                guard let receipt = entry.receipt else { return nil }
                // The server's words do not choose where a file goes.
                let verb = entry.verb.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }
                let file = folder.appending(path: "\(entry.seq)-\(verb).tlog-proof")
                try Data(receipt.utf8).write(to: file)
                return file.path
            }
        } catch {
            throw Problem(
                .invalid, "client.folder.unwritable", "The receipts cannot be written to '\(folder.path.printable)'.",
                why: error.localizedDescription)
        }
    }

    private static func explain(_ files: [String], _ key: String) {
        print("\(files.count) receipts were written. Check them anywhere, without this server, with the public key that was published:")
        for file in files { print("  dhow ledger check \(file) --key KEY") }
        print("This server says that its key is \(key)")
    }
}
