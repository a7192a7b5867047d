// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Governance
import Synchronization
import TestSupport

/// A ledger in a fresh database, with its checkpoint file in a folder of its own and a clock that stands still.
struct LedgerFixture {
    /// The key of RFC 8032 section 7.1, test 1: public, for tests alone.
    static let seed = SymmetricKey(data: [UInt8](hexadecimal: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60") ?? [])

    let database: any Database
    let folder: URL
    let clock = StillClock()
    let identifiers: IdentifierSource
    let sequencer: LedgerSequencer
    let signer: LedgerSigner
    let file: CheckpointFile

    var verification: LedgerVerification { LedgerVerification(verifier: signer.verifier) }

    /// Gives `body` an empty ledger on `engine`.
    static func with<Result>(_ engine: TestDatabase, _ body: (LedgerFixture) async throws -> Result) async throws -> Result {
        try await engine.withDatabase([LedgerMigrations.list]) { database in
            let folder = FileManager.default.temporaryDirectory.appending(path: "dhow-ledger-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            return try await body(try LedgerFixture(database: database, folder: folder))
        }
    }

    init(database: any Database, folder: URL) throws {
        self.database = database
        self.folder = folder
        identifiers = IdentifierSource(clock: clock)
        sequencer = LedgerSequencer(database: database, batchSize: 300)
        file = CheckpointFile(path: folder.appending(path: "checkpoint").path)
        signer = LedgerSigner(
            database: database, signer: try NoteSigner(name: "dhow.local/test", seed: Self.seed), file: file, clock: clock)
    }

    /// The `number`th entry of a story that repeats itself.
    func entry(_ number: Int) -> LedgerEntry {
        LedgerEntry(
            id: identifiers.next(), time: clock.now(), actor: number.isMultiple(of: 3) ? "user:amina" : "service:trainer",
            onBehalfOf: number.isMultiple(of: 5) ? "user:omar" : nil,
            verb: number.isMultiple(of: 2) ? "version.registered" : "run.finished",
            resource: number.isMultiple(of: 2) ? "model/flights/\(number)" : "run/\(number)",
            workspace: number.isMultiple(of: 7) ? "ops" : "default",
            outcome: number.isMultiple(of: 11) ? .denied : .done, decision: "role.editor",
            requestID: number.isMultiple(of: 4) ? nil : "req-\(number)",
            payload: ["number": .integer(Int64(number)), "note": .string("délai \"\(number)\"")])
    }

    /// Appends `count` entries in one write and sequences them.
    @discardableResult
    func append(_ count: Int) async throws -> [LedgerEntry] {
        let entries = (0..<count).map(entry)
        try await database.write { transaction in
            for entry in entries { try Ledger(transaction: transaction).append(entry) }
        }
        try await sequencer.sequence()
        return entries
    }

    /// Runs SQL behind the ledger's back.
    func tamper(_ sql: String, _ values: DatabaseValue...) async throws {
        try await database.write { transaction in _ = try transaction.execute(sql, values: values) }
    }

    func id(of seq: Int64) async throws -> String {
        try await database.read { try LedgerReader(transaction: $0).entries(after: seq - 1, limit: 1)[0].entry.id }
    }
}

/// Stands at one moment.
struct StillClock: WallClock {
    func now() -> Timestamp { Timestamp(milliseconds: 1_795_392_000_000) }
}
