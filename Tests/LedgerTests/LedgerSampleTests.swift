// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import TestSupport
import Testing

@Suite("Ledger: the committed sample")
struct LedgerSampleTests {
    private static let target = ProcessInfo.processInfo.environment["DHOW_LEDGER_SAMPLE"]

    /// Writes what `Tests/Golden/ledger/sample` holds; the independent check of it is `test_ledger_export.py`.
    @Test("writes the sample anew", .enabled(if: target != nil, "DHOW_LEDGER_SAMPLE names no folder"))
    func write() async throws {
        let url = URL(fileURLWithPath: try #require(Self.target))
        try await LedgerFixture.with(.sqlite) { ledger in
            let entries = (0..<261).map { entry($0, at: ledger.clock.now()) }
            try await ledger.database.write { transaction in
                for entry in entries { try Ledger(transaction: transaction).append(entry) }
            }
            try await ledger.sequencer.sequence()
            _ = try await ledger.signer.sign()
            try await LedgerExport(database: ledger.database).write(to: TileFolder(url))
            let receipt = try await ledger.database.read { try LedgerProofs(transaction: $0).receipt(for: entries[8].id) }
            try Data(receipt.description.utf8).write(to: url.appending(path: "entry-8.tlog-proof"))
            try Data("\(ledger.signer.verifier)\n".utf8).write(to: url.appending(path: "key"))
        }
    }

    private func entry(_ number: Int, at time: Timestamp) -> LedgerEntry {
        var entry = LedgerEntry(
            id: "01KAV0000000000000000\(10_000 + number)", time: time, actor: "user:amina", verb: "run.finished", resource: "run/\(number)",
            workspace: "w")
        if number == 7 {
            entry.outcome = .denied
            entry.decision = "role.none"
        }
        if number == 8 { entry.payload = ["text": "délai\n\u{1f600} \"x\"", "list": [1, -2, true, nil]] }
        return entry
    }

    @Test("the sample of the first release still verifies")
    func read() throws {
        let url = GoldenFile.folder.appending(path: "sample")
        let key = try String(contentsOf: url.appending(path: "key"), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let verifier = try NoteVerifier(parsing: key)
        let report = try LedgerVerification(verifier: verifier).verify(TileFolder(url))
        #expect(report.isSound && report.size == 261, "\(report.findings)")
        let receipt = try LedgerReceipt(parsing: try String(contentsOf: url.appending(path: "entry-8.tlog-proof"), encoding: .utf8))
        #expect(receipt.index == 8)
        #expect(try receipt.verify(by: verifier).root == report.root)
    }
}
