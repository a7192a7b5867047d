// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// What one read of consecutive entries gave: their hashes as the tree holds them, and where the rows differ from it.
struct LedgerBatchCheck: Sendable {
    /// One for each place; nil when neither tile nor row has it.
    private(set) var leaves: [TreeHash?]
    private(set) var findings: [LedgerFinding] = []

    /// - Parameter range: Begins with a tile.
    init(of range: Range<Int64>, in transaction: any Transaction) throws {
        leaves = []
        leaves.reserveCapacity(range.count)
        let tiles = try tileHashes(of: range, in: LedgerTreeTable(transaction: transaction))
        var next = range.lowerBound
        // Reused for every entry, with the 0x00 of a leaf in front.
        var buffer: [UInt8] = [0]
        try LedgerEntryTable(transaction: transaction).forEach(in: range) { row in
            let seq: Int64 = try row["seq"]
            while next < seq {
                addMissing(next, tiles[Int(next - range.lowerBound)])
                next += 1
            }
            if seq < next {
                findings.append(LedgerFinding(.displaced, seq: seq, id: try? row["id"], "There are two entries \(seq)."))
                return
            }
            check(row, seq: seq, expected: tiles[Int(seq - range.lowerBound)], &buffer)
            next += 1
        }
        while next < range.upperBound {
            addMissing(next, tiles[Int(next - range.lowerBound)])
            next += 1
        }
    }

    private mutating func tileHashes(of range: Range<Int64>, in tree: LedgerTreeTable) throws -> [TreeHash?] {
        var hashes: [TreeHash?] = []
        hashes.reserveCapacity(range.count)
        let width = Int64(MerkleTile.width)
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Int64.Stride(width)) {
            let count = Int(min(width, range.upperBound - start))
            var tile: [TreeHash] = []
            do { tile = try tree.hashes(of: MerkleTile(level: 0, index: start / width)) } catch is Problem {}
            if tile.count < count {
                findings.append(
                    LedgerFinding(.tree, seq: start + Int64(tile.count), "Tile \(start / width) of level 0 has lost hashes of its entries.")
                )
            }
            hashes += (0..<count).map { $0 < tile.count ? tile[$0] : nil }
        }
        return hashes
    }

    private mutating func addMissing(_ seq: Int64, _ hash: TreeHash?) {
        leaves.append(hash)
        findings.append(LedgerFinding(.missing, seq: seq, "Entry \(seq) is missing."))
    }

    private mutating func check(_ row: Row, seq: Int64, expected: TreeHash?, _ buffer: inout [UInt8]) {
        guard let entry = try? StoredLedgerEntry(row: row), let stored = TreeHash((try? row["leaf_hash"]) ?? []) else {
            leaves.append(expected)
            let id: String? = try? row["id"]
            findings.append(
                LedgerFinding(
                    .unreadable, seq: seq, id: id, "Entry \(seq) (\((id ?? "without id").printable)) holds values of the wrong type."))
            return
        }
        buffer.removeSubrange(1...)
        entry.writeCanonical(to: &buffer)
        let actual = MerkleTree.leafHash(prefixed: buffer)
        leaves.append(expected ?? actual)
        if actual == expected ?? actual, actual == stored, entry.isPayloadCanonical { return }
        let name = "Entry \(seq) (\(entry.id.printable))"
        let finding =
            if !entry.isPayloadCanonical {
                LedgerFinding(.changed, seq: seq, id: entry.id, "\(name) was changed: its payload is not canonical JSON.")
            } else if actual == expected {
                LedgerFinding(.tree, seq: seq, id: entry.id, "\(name) is sound, but its stored hash was changed.")
            } else if actual == stored {
                LedgerFinding(.displaced, seq: seq, id: entry.id, "\(name) is not the entry that was recorded at this place.")
            } else {
                LedgerFinding(.changed, seq: seq, id: entry.id, "\(name) was changed after it was recorded.")
            }
        findings.append(finding)
    }
}
