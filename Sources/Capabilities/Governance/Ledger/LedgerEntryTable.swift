// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Rows of `ledger_entry`.
struct LedgerEntryTable {
    static let columns =
        "id, seq, time, actor, on_behalf_of, verb, resource, workspace, outcome, decision, request_id, payload, leaf_hash"

    let transaction: any Transaction

    func insert(_ entry: StoredLedgerEntry, leafHash: TreeHash) throws {
        try transaction.execute(
            """
            INSERT INTO ledger_entry (id, time, actor, on_behalf_of, verb, resource, workspace, outcome, decision, request_id, payload, leaf_hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            entry.id, entry.time, entry.actor, entry.onBehalfOf, entry.verb, entry.resource, entry.workspace, entry.outcome, entry.decision,
            entry.requestID, entry.payload, leafHash.bytes)
    }

    /// Leaf hashes of the oldest unsequenced entries, in id order.
    func unsequencedHashes(limit: Int) throws -> [TreeHash] {
        try transaction.rows("SELECT id, leaf_hash FROM ledger_entry WHERE seq IS NULL ORDER BY id LIMIT ?", limit).map { row in
            guard let hash = TreeHash(try row["leaf_hash"] as [UInt8]) else {
                throw Problem(
                    .internal, "ledger.entry.unreadable", "The leaf hash of ledger entry \(try row["id"] as String) is not 32 bytes long.",
                    why: "It was changed in the database before the entry was sequenced.")
            }
            return hash
        }
    }

    /// Numbers the same entries as `unsequencedHashes`, from `first` on.
    ///
    /// - Returns: How many it numbered.
    func number(from first: Int64, limit: Int) throws -> Int {
        try transaction.execute(
            """
            UPDATE ledger_entry SET seq = ? + pending.place
            FROM (SELECT id AS pending_id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place FROM ledger_entry
                WHERE seq IS NULL ORDER BY id LIMIT ?) AS pending
            WHERE ledger_entry.id = pending.pending_id
            """,
            first, limit)
    }

    var hasUnsequenced: Bool {
        get throws { try transaction.row("SELECT id FROM ledger_entry WHERE seq IS NULL LIMIT 1") != nil }
    }

    /// Entries `range` of the tree, in order; fewer when some are missing.
    func forEach(in range: Range<Int64>, _ body: (Row) throws -> Void) throws {
        try transaction.forEachRow(
            "SELECT \(Self.columns) FROM ledger_entry WHERE seq >= ? AND seq < ? ORDER BY seq",
            values: [.integer(range.lowerBound), .integer(range.upperBound)], body)
    }

    func row(id: String) throws -> Row? {
        try transaction.row("SELECT \(Self.columns) FROM ledger_entry WHERE id = ?", id)
    }
}

extension StoredLedgerEntry {
    /// - Throws: `Problem` `.internal` when a column holds another type than it should.
    init(row: Row) throws {
        self.init(
            id: try row["id"], time: try row["time"], actor: try row["actor"], onBehalfOf: try row["on_behalf_of"], verb: try row["verb"],
            resource: try row["resource"], workspace: try row["workspace"], outcome: try row["outcome"], decision: try row["decision"],
            requestID: try row["request_id"], payload: try row["payload"])
    }
}
