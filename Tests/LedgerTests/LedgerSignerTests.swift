// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
import Governance
import TestSupport
import Testing

@Suite("Ledger: checkpoints")
struct LedgerSignerTests {
    @Test("signs only when the tree has grown, and keeps the checkpoint in the file too", arguments: TestDatabase.allCases)
    func growth(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            #expect(try await ledger.signer.sign() == nil)
            try await ledger.append(5)
            let first = try #require(try await ledger.signer.sign())
            #expect(try await ledger.signer.sign() == nil)
            try await ledger.append(1)
            let second = try #require(try await ledger.signer.sign())
            #expect(first.size == 5 && second.size == 6)
            let kept = try #require(try ledger.file.read())
            #expect(try Checkpoint(kept, signedBy: ledger.signer.verifier) == second)
            #expect(try await ledger.database.read { try LedgerProofs(transaction: $0).checkpoint() } == kept)
        }
    }

    @Test("accepts at start-up a database that continues the file's checkpoint", arguments: TestDatabase.allCases)
    func startUp(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            #expect(try await ledger.signer.verifyAgainstFile() == .absent(signed: nil))
            try await ledger.append(300)
            _ = try await ledger.signer.sign()
            #expect(try await ledger.signer.verifyAgainstFile() == .agrees(size: 300))
            try await ledger.append(300)
            #expect(try await ledger.signer.verifyAgainstFile() == .agrees(size: 300))
            try FileManager.default.removeItem(atPath: ledger.file.path)
            #expect(try await ledger.signer.verifyAgainstFile() == .absent(signed: 300))
        }
    }

    @Test("refuses a database that was set back, naming the missing entries", arguments: TestDatabase.allCases)
    func setBack(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            try await ledger.append(40)
            _ = try await ledger.signer.sign()
            let newer = try #require(try ledger.file.read())
            // A copy of the database from before the last 15 entries, whole and with its own valid checkpoint.
            try await LedgerFixture.with(engine) { older in
                let entries = try await ledger.database.read { try LedgerReader(transaction: $0).entries(limit: 25).map(\.entry) }
                try await older.database.write { transaction in
                    for entry in entries { try Ledger(transaction: transaction).append(entry) }
                }
                try await older.sequencer.sequence()
                _ = try await older.signer.sign()
                #expect(try await older.verification.verify(older.database).isSound)
                try older.file.write(newer)
                for attempt in 0..<2 {
                    let problem = await #expect(throws: Problem.self) {
                        if attempt == 0 { _ = try await older.signer.verifyAgainstFile() } else { _ = try await older.signer.sign() }
                    }
                    #expect(problem?.code == "ledger.checkpoint.behind")
                    #expect(problem?.what.contains("entries from 25 to 39 are missing") == true)
                }
                let report = try await LedgerVerification(verifier: older.signer.verifier, known: [newer]).verify(older.database)
                #expect(report.findings.first?.kind == .behind && report.findings.first?.seq == 25 && report.soundSize == 25)
            }
        }
    }

    @Test(
        "refuses a database with another history of the same or a larger size, and signs nothing over it", arguments: TestDatabase.allCases)
    func otherHistory(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            try await ledger.append(10)
            _ = try await ledger.signer.sign()
            let kept = try #require(try ledger.file.read())
            for count in [10, 11, 300] {
                try await LedgerFixture.with(engine) { other in
                    try await other.append(count)
                    try other.file.write(kept)
                    let problem = await #expect(throws: Problem.self) { try await other.signer.verifyAgainstFile() }
                    #expect(problem?.code == "ledger.checkpoint.inconsistent")
                    await #expect(throws: Problem.self) { try await other.signer.sign() }
                    #expect(try other.file.read() == kept)
                }
            }
        }
    }

    @Test("refuses a checkpoint file of another key, and one that is no note", arguments: TestDatabase.allCases)
    func foreignFile(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            try await ledger.append(1)
            let other = try NoteSigner(name: "dhow.local/test", seed: SymmetricKey(data: [UInt8](repeating: 1, count: 32)))
            try ledger.file.write(try other.sign(Checkpoint(origin: "dhow.local/test", size: 1, root: MerkleTree.emptyRoot).text))
            let problem = await #expect(throws: Problem.self) { try await ledger.signer.verifyAgainstFile() }
            #expect(problem?.code == "ledger.checkpoint.foreign")
            try Data("nonsense".utf8).write(to: URL(fileURLWithPath: ledger.file.path))
            await #expect(throws: Problem.self) { try await ledger.signer.verifyAgainstFile() }
        }
    }

    @Test("goes on after a stop between the file and the table", arguments: TestDatabase.allCases)
    func betweenFileAndTable(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            try await ledger.append(8)
            _ = try await ledger.signer.sign()
            try await ledger.tamper("DELETE FROM ledger_checkpoint")
            #expect(try await ledger.signer.verifyAgainstFile() == .agrees(size: 8))
            #expect(try await ledger.signer.sign()?.size == 8)
            #expect(try await ledger.verification.verify(ledger.database).checkpoints == 1)
        }
    }

    @Test("says when the file cannot be written, and leaves the checkpoint unpublished")
    func unwritable() async throws {
        try await LedgerFixture.with(.sqlite) { ledger in
            try await ledger.append(1)
            let file = CheckpointFile(path: ledger.folder.appending(path: "absent/checkpoint").path)
            let signer = LedgerSigner(
                database: ledger.database, signer: try NoteSigner(name: "dhow.local/test", seed: LedgerFixture.seed), file: file,
                clock: ledger.clock)
            let problem = await #expect(throws: Problem.self) { try await signer.sign() }
            #expect(problem?.code == "ledger.checkpoint.unwritable")
            await #expect(throws: Problem.self) { try await ledger.database.read { try LedgerProofs(transaction: $0).checkpoint() } }
        }
    }

    @Test("the service sequences and signs when woken, and once more when stopped", arguments: TestDatabase.allCases)
    func service(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            let service = LedgerService(
                sequencer: ledger.sequencer, signer: ledger.signer, clock: SleeplessClock(), report: { Issue.record($0) })
            async let running: Void = service.run()
            let entry = ledger.entry(1)
            try await ledger.database.write { try Ledger(transaction: $0).append(entry) }
            service.wake()
            var size: Int64 = 0
            while size == 0 { size = try await ledger.database.read { try LedgerReader(transaction: $0).size() } }
            let late = ledger.entry(2)
            try await ledger.database.write { try Ledger(transaction: $0).append(late) }
            service.stop()
            await running
            let checkpoint = try #require(try ledger.file.read())
            #expect(try Checkpoint(checkpoint, signedBy: ledger.signer.verifier).size == 2)
        }
    }
}

/// Never comes to the end of a sleep; cancelling ends it.
struct SleeplessClock: Clock {
    typealias Instant = ContinuousClock.Instant
    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        defer { continuation.finish() }
        for await _ in stream {}
        try Task.checkCancellation()
    }
}
