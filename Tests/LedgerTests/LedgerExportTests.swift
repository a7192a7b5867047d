// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import TestSupport
import Testing

@Suite("Ledger: exports, proofs and receipts")
struct LedgerExportTests {
    @Test(
        "writes tile paths as C2SP tlog-tiles does",
        arguments: [
            (1_234_067, 256, "x001/x234/067"), (0, 256, "000"), (999, 256, "999"), (1000, 256, "x001/000"),
            (1_234_067, 17, "x001/x234/067.p/17"),
        ] as [(Int64, Int, String)])
    func paths(index: Int64, width: Int, path: String) {
        #expect(MerkleTile.path(index: index, width: width) == path)
        #expect(MerkleTile(level: 2, index: index).path(width: width) == "tile/2/\(path)")
    }

    @Test("divides a tree of 70,000 into the tiles of the specification's example")
    func tiles() {
        let size: Int64 = 70_000
        let tiles = MerkleTile.all(inTreeOf: size)
        func widths(_ level: Int) -> [Int] { tiles.filter { $0.level == level }.map { $0.width(inTreeOf: size) } }
        #expect(widths(0).filter { $0 == 256 }.count == 273 && widths(0).last == 112 && widths(0).count == 274)
        #expect(widths(1) == [256, 17])
        #expect(widths(2) == [1])
        #expect(widths(3).isEmpty)
        #expect(MerkleTile.all(inTreeOf: 256).map { $0.width(inTreeOf: 256) } == [256, 1])
    }

    @Test("entry bundles keep entries of every length, and refuse half ones")
    func bundles() throws {
        let entries: [[UInt8]] = [[], [1], [UInt8](repeating: 7, count: 300), [UInt8](repeating: 8, count: 65_535)]
        let bytes = EntryBundle.bytes(of: entries)
        #expect(bytes.prefix(5) == [0, 0, 0, 1, 1])
        #expect(try #require(EntryBundle.entries(in: bytes)).map(Array.init) == entries)
        #expect(EntryBundle.entries(in: Array(bytes.dropLast())) == nil)
    }

    @Test("an exported folder verifies by itself, and grows with the ledger", arguments: TestDatabase.allCases)
    func export(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            let folder = TileFolder(ledger.folder.appending(path: "export"))
            await #expect(throws: Problem.self) { try await LedgerExport(database: ledger.database).write(to: folder) }
            for count in [3, 253, 1, 350] {
                try await ledger.append(count)
                let checkpoint = try #require(try await ledger.signer.sign())
                #expect(try await LedgerExport(database: ledger.database).write(to: folder) == checkpoint)
                let report = try ledger.verification.verify(folder)
                #expect(report.isSound && report.soundSize == checkpoint.size && report.root == checkpoint.root, "\(report.findings)")
            }
        }
    }

    @Test("a damaged export names the entry or the file")
    func damagedExport() async throws {
        try await LedgerFixture.with(.sqlite) { ledger in
            try await ledger.append(300)
            _ = try await ledger.signer.sign()
            let id = try await ledger.id(of: 2)
            let url = ledger.folder.appending(path: "export")
            func damaged(_ path: String, _ change: (inout Data) -> Void) async throws -> LedgerReport {
                try? FileManager.default.removeItem(at: url)
                try await LedgerExport(database: ledger.database).write(to: TileFolder(url))
                var data = try Data(contentsOf: url.appending(path: path))
                change(&data)
                try data.write(to: url.appending(path: path))
                return try ledger.verification.verify(TileFolder(url))
            }
            let entry = try await damaged("tile/entries/000") { data in
                guard let place = data.ranges(of: Data("model/flights/2\"".utf8)).first else { return }
                data[place.lowerBound] = UInt8(ascii: "M")
            }
            #expect(entry.findings.map(\.kind) == [.changed] && entry.findings.first?.seq == 2 && entry.findings.first?.id == id)
            let bundle = try await damaged("tile/entries/001.p/44") { $0.removeLast() }
            #expect(bundle.findings.first?.kind == .missing && bundle.findings.first?.seq == 256)
            let tile = try await damaged("tile/1/000.p/1") { $0[0] ^= 1 }
            #expect(tile.findings.map(\.kind) == [.tree])
            let leaf = try await damaged("tile/0/000") { $0[0] ^= 1 }
            #expect(leaf.findings.contains { $0.kind == .inconsistent } && leaf.findings.first?.seq == 0)
            await #expect(throws: Problem.self) { try await damaged("checkpoint") { $0[3] ^= 1 } }
        }
    }

    @Test("proves entries and sizes of a running ledger", arguments: TestDatabase.allCases)
    func proofs(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            var checkpoints: [Checkpoint] = []
            for count in [100, 200, 300] {
                try await ledger.append(count)
                checkpoints.append(try #require(try await ledger.signer.sign()))
            }
            let (old, new) = (checkpoints[0], checkpoints[2])
            let proof = try await ledger.database.read { try LedgerProofs(transaction: $0).consistencyProof(from: old.size, to: new.size) }
            #expect(MerkleTree.isConsistent(from: old.size, old.root, to: new.size, new.root, proof: proof))
            for index in [0, 99, 255, 256, 599] as [Int64] {
                let (path, entry) = try await ledger.database.read { transaction in
                    let proofs = LedgerProofs(transaction: transaction)
                    let bundle = try proofs.entries(of: index / 256, width: Int(index % 256) + 1)
                    return (try proofs.inclusionProof(of: index, size: new.size), bundle[Int(index % 256)])
                }
                #expect(MerkleTree.isIncluded(MerkleTree.leafHash(of: entry), at: index, size: new.size, root: new.root, proof: path))
            }
            for (index, size) in [(600, 600), (0, 601), (-1, 5)] as [(Int64, Int64)] {
                await #expect(throws: Problem.self) {
                    try await ledger.database.read { try LedgerProofs(transaction: $0).inclusionProof(of: index, size: size) }
                }
            }
        }
    }

    @Test("a receipt proves its entry offline, and no other", arguments: TestDatabase.allCases)
    func receipts(engine: TestDatabase) async throws {
        try await LedgerFixture.with(engine) { ledger in
            let entries = try await ledger.append(270)
            let early = await #expect(throws: Problem.self) {
                try await ledger.database.read { try LedgerProofs(transaction: $0).receipt(for: entries[5].id) }
            }
            #expect(early?.code == "ledger.checkpoint.missing")
            _ = try await ledger.signer.sign()
            let receipt = try await ledger.database.read { try LedgerProofs(transaction: $0).receipt(for: entries[5].id) }
            let read = try LedgerReceipt(parsing: receipt.description)
            #expect(read == receipt && read.index == 5 && read.description.hasPrefix("c2sp.org/tlog-proof@v1\nextra "))
            #expect(try read.verify(by: ledger.signer.verifier).size == 270)
            #expect(try read.verify(try entries[5].canonicalBytes(), by: ledger.signer.verifier).size == 270)
            let other = #expect(throws: Problem.self) { try read.verify(try entries[6].canonicalBytes(), by: ledger.signer.verifier) }
            #expect(other?.code == "ledger.receipt.unproven")
            let late = try await ledger.append(1)[0]
            let unsigned = await #expect(throws: Problem.self) {
                try await ledger.database.read { try LedgerProofs(transaction: $0).receipt(for: late.id) }
            }
            #expect(unsigned?.code == "ledger.entry.unsigned")
        }
    }

    @Test(
        "refuses what is not a receipt",
        arguments: [
            "", "c2sp.org/tlog-proof@v2\nindex 0\n\n", "c2sp.org/tlog-proof@v1\nindex 00\n\nlog\n",
            "c2sp.org/tlog-proof@v1\nextra ?\nindex 0\n\nlog\n",
            "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nlog\n",
        ])
    func malformedReceipts(text: String) {
        let problem = #expect(throws: Problem.self) { try LedgerReceipt(parsing: text) }
        #expect(problem?.code == "ledger.receipt.malformed")
    }
}
