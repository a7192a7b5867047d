// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// What an auditor asks the running ledger for: receipts, proofs, tiles and bundles.
package struct LedgerProofs {
    private let transaction: any Transaction
    private var tree: LedgerTreeTable { LedgerTreeTable(transaction: transaction) }

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    /// The last signed checkpoint.
    ///
    /// - Throws: `Problem` `ledger.checkpoint.missing` before the first.
    package func checkpoint() throws -> SignedNote {
        guard let last = try tree.lastCheckpoint() else { throw Self.noCheckpoint }
        return last.note
    }

    /// Proof that the entry stands under the last checkpoint, to be kept and checked without this ledger.
    ///
    /// - Throws: `Problem` `ledger.entry.unknown`, or `ledger.entry.unsigned` when no checkpoint covers it yet.
    package func receipt(for id: String) throws -> LedgerReceipt {
        guard let row = try LedgerEntryTable(transaction: transaction).row(id: id) else {
            throw Problem(
                .notFound, "ledger.entry.unknown", "There is no ledger entry '\(id.printable)'.", fix: "List entries: dhow ledger list.")
        }
        let note = try checkpoint()
        let size = try Checkpoint(parsing: note.text).size
        guard let seq: Int64 = try row["seq"], seq < size else {
            throw Problem(
                .unavailable, "ledger.entry.unsigned", "The ledger entry '\(id.printable)' is not under a signed checkpoint yet.",
                why: "Checkpoints are signed about once a second.", fix: "Ask again in two seconds.")
        }
        return LedgerReceipt(
            index: seq, proof: try inclusionProof(of: seq, size: size), checkpoint: note,
            entry: try StoredLedgerEntry(row: row).canonicalBytes())
    }

    /// - Throws: `Problem` `ledger.proof.range` unless `0 <= index < size` and the tree has reached `size`.
    package func inclusionProof(of index: Int64, size: Int64) throws -> [TreeHash] {
        try require(index >= 0 && index < size, size)
        return try MerkleTree.inclusionProof(of: index, size: size, nodes: tree.nodes())
    }

    /// - Throws: `Problem` `ledger.proof.range` unless `0 <= old <= new` and the tree has reached `new`.
    package func consistencyProof(from old: Int64, to new: Int64) throws -> [TreeHash] {
        try require(old >= 0 && old <= new, new)
        return try MerkleTree.consistencyProof(from: old, to: new, nodes: tree.nodes())
    }

    /// The first `width` hashes of a tile.
    ///
    /// - Throws: `Problem` `ledger.tile.short` when it has fewer.
    package func hashes(of tile: MerkleTile, width: Int) throws -> [TreeHash] {
        let hashes = try tree.hashes(of: tile)
        guard width > 0, width <= hashes.count else {
            throw Problem(
                .notFound, "ledger.tile.short", "Tile \(tile.index) of level \(tile.level) has \(hashes.count) hashes, not \(width).")
        }
        return Array(hashes.prefix(width))
    }

    /// The canonical bytes of the first `width` entries of a bundle of 256.
    ///
    /// - Throws: `Problem` `ledger.entry.missing` when one is not there.
    package func entries(of bundle: Int64, width: Int) throws -> [[UInt8]] {
        let (first, overflow) = bundle.multipliedReportingOverflow(by: Int64(MerkleTile.width))
        try require(bundle >= 0 && !overflow && width > 0 && width <= MerkleTile.width, overflow ? 0 : first &+ Int64(width))
        var entries: [[UInt8]] = []
        try LedgerEntryTable(transaction: transaction).forEach(in: first..<first + Int64(width)) { row in
            guard try row["seq"] == first + Int64(entries.count) else { return }
            entries.append(try StoredLedgerEntry(row: row).canonicalBytes())
        }
        guard entries.count == width else {
            throw Problem(
                .internal, "ledger.entry.missing", "Ledger entry \(first + Int64(entries.count)) is not in the database.",
                why: "It was removed outside of Dhow.", fix: "Verify the ledger, and restore the database from a copy that verifies.")
        }
        return entries
    }

    static let noCheckpoint = Problem(
        .notFound, "ledger.checkpoint.missing", "The ledger has no signed checkpoint yet.",
        why: "The first one follows about a second after the first entry.", fix: "Ask again in two seconds.")

    private func require(_ isInOrder: Bool, _ size: Int64) throws {
        let reached = try tree.range().size
        guard isInOrder, size <= reached else {
            throw Problem(
                .invalid, "ledger.proof.range", "There is no such part of the ledger.", why: "The tree has \(reached) entries.",
                fix: "Ask for indexes and sizes within it.")
        }
    }
}
