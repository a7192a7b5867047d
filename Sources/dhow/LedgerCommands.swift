// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Backends
import Commands
import Domain
import Foundation
import Governance

/// `dhow ledger …`: works on the installation or an export itself, so that checking it trusts no running server.
struct LedgerCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "List, verify, prove and export the ledger.",
        subcommands: [List.self, Verify.self, Proof.self, Check.self, Export.self, Key.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The latest entries, newest first.")

        @OptionGroup var options: SettingsOptions
        @Option(help: "How many, at most 1000.") var limit = 20
        @Option(help: "Only entries about this resource and what lies beneath it.") var resource: String?
        @Option(help: "Only entries with this verb.") var verb: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let storage = try await Storage(settings: try options.settings())
            let filter = LedgerFilter(resourcePrefix: resource, verb: verb)
            let limit = min(max(limit, 1), 1000)
            let entries = try await storage.database.read { try LedgerReader(transaction: $0).latest(limit: limit, where: filter) }
            await storage.database.close()
            if json { return try Output.json(entries.map(LedgerLine.init)) }
            Output.table(
                ["seq", "time", "actor", "verb", "resource", "outcome", "id"],
                entries.map {
                    [
                        String($0.seq), Output.time($0.entry.time.milliseconds), $0.entry.actor, $0.entry.verb, $0.entry.resource,
                        $0.entry.outcome.rawValue, $0.entry.id,
                    ]
                })
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recompute every hash and check every signature; exit 10 and name the first bad entry when something is wrong.")

        @OptionGroup var options: SettingsOptions
        @Option(help: "An exported folder instead of the database; needs --key.") var export: String?
        @Option(help: "The ledger's public key, as 'dhow ledger key' prints it; taken from the key file by default.") var key: String?
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let report: LedgerReport
            if let export {
                guard let key else {
                    throw Problem(
                        .invalid, "ledger.key.absent", "An export is checked with the ledger's public key.",
                        fix: "Give --key, as 'dhow ledger key' prints it.")
                }
                report = try LedgerVerification(verifier: try NoteVerifier(parsing: key)).verify(TileFolder(URL(filePath: export)))
            } else {
                let storage = try await Storage(settings: try options.settings())
                let verifier = try await key.map { try NoteVerifier(parsing: $0) }.orElse { try await storage.ledgerSigner().verifier }
                let kept = try CheckpointFile(path: storage.folder.checkpointFile).read()
                report = try await LedgerVerification(verifier: verifier, known: [kept].compactMap(\.self)).verify(storage.database)
                await storage.database.close()
            }
            if json { try Output.json(report) }
            if let problem = report.problem { throw problem }
            if !json {
                print(
                    "The ledger verifies: \(report.size) entries, \(report.checkpoints) checkpoints, the last over \(report.soundSize) entries."
                )
                if report.unsequenced > 0 {
                    print("\(report.unsequenced) committed entries are not numbered yet; a running server numbers them.")
                }
            }
        }
    }

    struct Proof: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a receipt for one entry, which 'ledger check' or others verify offline.")

        @OptionGroup var options: SettingsOptions
        @Argument(help: "Id of the entry.") var entry: String

        func run() async throws {
            let storage = try await Storage(settings: try options.settings())
            let entry = entry
            let receipt = try await storage.database.read { try LedgerProofs(transaction: $0).receipt(for: entry) }
            await storage.database.close()
            print(receipt.description, terminator: "")
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Check a receipt against the ledger's public key; needs nothing else.")

        @Argument(help: "File with the receipt, or - for standard input.") var receipt: String
        @Option(help: "The ledger's public key.") var key: String

        func run() throws {
            let data = receipt == "-" ? FileHandle.standardInput.readDataToEndOfFile() : try Data(contentsOf: URL(filePath: receipt))
            let receipt = try LedgerReceipt(parsing: String(decoding: data, as: UTF8.self))
            let checkpoint = try receipt.verify(by: try NoteVerifier(parsing: key))
            print("Proven: entry \(receipt.index) of the \(checkpoint.size) entries signed by \(checkpoint.origin).")
            if let entry = receipt.entry { print(String(decoding: entry, as: UTF8.self)) }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the ledger as C2SP tlog-tiles, for auditors and write-once storage.")

        @OptionGroup var options: SettingsOptions
        @Argument(help: "Folder to write.") var folder: String

        func run() async throws {
            let storage = try await Storage(settings: try options.settings())
            let checkpoint = try await LedgerExport(database: storage.database).write(to: TileFolder(URL(filePath: folder)))
            await storage.database.close()
            print("Exported \(checkpoint.size) entries to \(folder).")
        }
    }

    struct Key: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the public key that checkpoints are signed with; publish it.")

        @OptionGroup var options: SettingsOptions

        func run() async throws {
            let storage = try await Storage(settings: try options.settings())
            print(try await storage.ledgerSigner().verifier.description)
            await storage.database.close()
        }
    }
}

/// An entry as `--json` prints it.
private struct LedgerLine: Encodable {
    var seq: Int64
    var id: String
    var time: Int64
    var actor: String
    var verb: String
    var resource: String
    var workspace: String
    var outcome: String
    var decision: String?
    var requestID: String?
    var payload: JSONValue

    init(_ sequenced: SequencedEntry) {
        let entry = sequenced.entry
        seq = sequenced.seq
        id = entry.id
        time = entry.time.milliseconds
        actor = entry.actor
        verb = entry.verb
        resource = entry.resource
        workspace = entry.workspace
        outcome = entry.outcome.rawValue
        decision = entry.decision
        requestID = entry.requestID
        payload = entry.payload
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func orElse(_ make: () async throws -> Wrapped) async rethrows -> Wrapped {
        if let self { self } else { try await make() }
    }
}
