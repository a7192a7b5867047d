// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Governance
import TestSupport
import Testing

@Suite("Ledger: verification names what was changed")
struct LedgerVerificationTests {
    /// 600 entries under checkpoints at 100, 300 and 600.
    private func signed(_ engine: TestDatabase, _ body: (LedgerFixture) async throws -> Void) async throws {
        try await LedgerFixture.with(engine) { ledger in
            for count in [100, 200, 300] {
                try await ledger.append(count)
                _ = try await ledger.signer.sign()
            }
            try await body(ledger)
        }
    }

    @Test("an untouched ledger is sound, and entries not yet numbered are counted", arguments: TestDatabase.allCases)
    func untouched(engine: TestDatabase) async throws {
        try await signed(engine) { ledger in
            let entry = ledger.entry(0)
            try await ledger.database.write { try Ledger(transaction: $0).append(entry) }
            let kept = try #require(try ledger.file.read())
            let report = try await LedgerVerification(verifier: ledger.signer.verifier, known: [kept]).verify(ledger.database)
            #expect(report.isSound && report.problem == nil, "\(report.findings)")
            #expect(report.size == 600 && report.soundSize == 600 && report.checkpoints == 4 && report.unsequenced == 1)
            #expect(report.root == (try Checkpoint(kept, signedBy: ledger.signer.verifier).root))
        }
    }

    @Test("a ledger that a server extends meanwhile is sound", arguments: TestDatabase.allCases)
    func growing(engine: TestDatabase) async throws {
        try await signed(engine) { ledger in
            let report = try await ledger.verification.verify(GrowingDatabase(ledger: ledger))
            #expect(report.isSound, "\(report.findings)")
        }
    }

    @Test("an empty ledger is sound", arguments: TestDatabase.allCases)
    func empty(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            let report = try await ledger.verification.verify(ledger.database)
            #expect(report.isSound && report.size == 0 && report.root == MerkleTree.emptyRoot)
        }
    }

    static let columns: [(column: String, value: DatabaseValue)] = [
        ("id", .text("other")), ("time", .integer(1)), ("actor", .text("user:eve")), ("on_behalf_of", .text("user:eve")),
        ("on_behalf_of", .null),
        ("verb", .text("other.verb")), ("resource", .text("model/other/1")), ("workspace", .text("other")), ("outcome", .text("failed")),
        ("decision", .null), ("request_id", .text("req")), ("request_id", .null), ("payload", .text("{}")), ("payload", .text("{ }")),
    ]

    @Test("a change of any column of an entry names that entry", arguments: TestDatabase.allCases, columns)
    func changedColumn(engine: TestDatabase, change: (column: String, value: DatabaseValue)) async throws {
        try await signed(engine) { ledger in
            // Entry 105 (number 5 of its batch) has every optional column; 106 lacks on_behalf_of.
            let seq: Int64 = change.value == .null ? 105 : 106
            let id = change.column == "id" ? "other" : try await ledger.id(of: seq)
            try await ledger.tamper("UPDATE ledger_entry SET \(change.column) = ? WHERE seq = ?", change.value, .integer(seq))
            let report = try await ledger.verification.verify(ledger.database)
            #expect(report.findings.count == 1, "\(report.findings)")
            #expect(report.findings.first?.kind == .changed && report.findings.first?.seq == seq && report.findings.first?.id == id)
            #expect(report.soundSize == 100)
            #expect(report.problem?.kind == .rejected && report.problem?.what.contains("Entry \(seq) (\(id))") == true)
        }
    }

    @Test("a column moved into the payload, so that the bytes stay the same, is still found", arguments: TestDatabase.allCases)
    func hiddenColumn(engine: TestDatabase) async throws {
        try await signed(engine) { ledger in
            try await ledger.tamper(
                "UPDATE ledger_entry SET payload = payload || ',\"requestID\":\"' || request_id || '\"', request_id = NULL WHERE seq = 201")
            let report = try await ledger.verification.verify(ledger.database)
            #expect(report.findings.map(\.kind) == [.changed] && report.findings.first?.seq == 201)
        }
    }

    @Test("a deleted entry is named, within the ledger and at its end", arguments: TestDatabase.allCases, [0, 257, 599] as [Int64])
    func deleted(engine: TestDatabase, seq: Int64) async throws {
        try await signed(engine) { ledger in
            try await ledger.tamper("DELETE FROM ledger_entry WHERE seq = ?", .integer(seq))
            let report = try await ledger.verification.verify(ledger.database)
            #expect(report.findings.map(\.kind) == [.missing] && report.findings.first?.seq == seq, "\(report.findings)")
            #expect(report.problem?.what.contains("Entry \(seq) is missing") == true)
        }
    }

    @Test("two entries that changed places are both named", arguments: TestDatabase.allCases)
    func swapped(engine: TestDatabase) async throws {
        try await signed(engine) { ledger in
            let ids = (try await ledger.id(of: 11), try await ledger.id(of: 512))
            for (from, to) in [(11, 9999), (512, 11), (9999, 512)] as [(Int64, Int64)] {
                try await ledger.tamper("UPDATE ledger_entry SET seq = ? WHERE seq = ?", .integer(to), .integer(from))
            }
            let report = try await ledger.verification.verify(ledger.database)
            #expect(report.findings.map(\.kind) == [.displaced, .displaced], "\(report.findings)")
            #expect(report.findings.map(\.seq) == [11, 512] && report.findings.map(\.id) == [ids.1, ids.0])
        }
    }

    @Test("an entry changed together with its hash and its tile contradicts the checkpoints", arguments: TestDatabase.allCases)
    func changedWithHashes(engine: TestDatabase) async throws {
        try await signed(engine) { ledger in
            var entry = try await ledger.database.read { try LedgerReader(transaction: $0).entries(after: 149, limit: 1)[0].entry }
            entry.actor = "user:eve"
            let leaf = MerkleTree.leafHash(of: try entry.canonicalBytes())
            var tile = try await ledger.database.read {
                try LedgerProofs(transaction: $0).hashes(of: MerkleTile(level: 0, index: 0), width: 256)
            }
            tile[150] = leaf
            try await ledger.tamper(
                "UPDATE ledger_entry SET actor = ?, leaf_hash = ? WHERE seq = 150", .text("user:eve"), .blob(leaf.bytes))
            try await ledger.tamper("UPDATE ledger_tile SET hashes = ? WHERE level = 0 AND tile = 0", .blob(tile.flatMap(\.bytes)))
            let report = try await ledger.verification.verify(ledger.database)
            // Between the checkpoints at 100 and 300, which is as near as the signatures can tell.
            #expect(report.findings.first?.kind == .inconsistent && report.findings.first?.seq == 100, "\(report.findings)")
            #expect(report.soundSize == 100)
            #expect(report.findings.contains { $0.kind == .tree })
        }
    }

    @Test("a truncated ledger that was made whole again is behind its checkpoints", arguments: TestDatabase.allCases)
    func truncated(engine: TestDatabase) async throws {
        try await signed(engine) { ledger in
            var range = CompactRange()
            for seq in try await ledger.database.read({ try LedgerReader(transaction: $0).entries(limit: 300) }) {
                range.append(MerkleTree.leafHash(of: try seq.entry.canonicalBytes()))
            }
            try await ledger.tamper("DELETE FROM ledger_entry WHERE seq >= 300")
            try await ledger.tamper("UPDATE ledger_state SET size = 300, hashes = ?", .blob(range.hashes.flatMap(\.bytes)))
            let report = try await ledger.verification.verify(ledger.database)
            #expect(
                report.findings.map(\.kind) == [.behind] && report.findings.first?.seq == 300 && report.soundSize == 300,
                "\(report.findings)")
            // Without its own newer checkpoint the database looks whole; the file tells.
            try await ledger.tamper("DELETE FROM ledger_checkpoint WHERE size > 300")
            #expect(try await ledger.verification.verify(ledger.database).isSound)
            let problem = await #expect(throws: Problem.self) { try await ledger.signer.verifyAgainstFile() }
            #expect(problem?.what.contains("entries from 300 to 599 are missing") == true)
        }
    }

    @Test("damaged tiles, state, hashes and checkpoints are findings, not crashes", arguments: TestDatabase.allCases)
    func damage(engine: TestDatabase) async throws {
        let damages: [(sql: String, kind: LedgerFinding.Kind)] = [
            (
                "UPDATE ledger_entry SET leaf_hash = payload_hash FROM (SELECT hashes AS payload_hash FROM ledger_state) AS s WHERE seq = 3",
                .unreadable
            ),
            (
                "UPDATE ledger_entry SET leaf_hash = other.leaf_hash FROM ledger_entry AS other WHERE ledger_entry.seq = 3 AND other.seq = 4",
                .tree
            ),
            ("DELETE FROM ledger_tile WHERE level = 0 AND tile = 1", .tree),
            ("DELETE FROM ledger_tile WHERE level = 1", .tree),
            ("DELETE FROM ledger_state", .surplus),
            ("UPDATE ledger_checkpoint SET note = 'nothing' WHERE size = 300", .forged),
            ("UPDATE ledger_checkpoint SET note = REPLACE(note, '300', '301') WHERE size = 300", .forged),
            ("UPDATE ledger_checkpoint SET size = 301 WHERE size = 300", .forged),
            ("UPDATE ledger_entry SET seq = 600 WHERE seq = 599", .missing),
        ]
        for (sql, kind) in damages {
            try await signed(engine) { ledger in
                try await ledger.tamper(sql)
                let report = try await ledger.verification.verify(ledger.database)
                #expect(report.findings.contains { $0.kind == kind }, "\(sql): \(report.findings)")
            }
        }
    }

    @Test("a ledger signed by another key does not pass")
    func otherKey() async throws {
        try await signed(.sqlite) { ledger in
            let other = try NoteSigner(name: "dhow.local/test", seed: SymmetricKey(data: [UInt8](repeating: 1, count: 32))).verifier
            let report = try await LedgerVerification(verifier: other).verify(ledger.database)
            #expect(report.findings.map(\.kind) == [.forged, .forged, .forged] && report.soundSize == 0)
        }
    }
}

/// Gets an entry, numbered and in the tree, before every read.
private struct GrowingDatabase: Database {
    let ledger: LedgerFixture

    var engine: DatabaseEngine { ledger.database.engine }

    func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await ledger.append(1)
        return try await ledger.database.read(body)
    }

    func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await ledger.database.write(locking: lock, body)
    }

    func close() async {}
}
