// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// The tree beside the entries: its right edge, its tiles, and the checkpoints signed over it.
struct LedgerTreeTable {
    let transaction: any Transaction

    /// The empty range before the first entry.
    func range() throws -> CompactRange {
        guard let row = try transaction.row("SELECT size, hashes FROM ledger_state WHERE id = 1") else { return CompactRange() }
        guard let hashes = [TreeHash](concatenated: try row["hashes"]), let range = CompactRange(size: try row["size"], hashes: hashes)
        else {
            throw Problem(
                .internal, "ledger.state.unreadable", "The ledger's state row does not hold the right edge of a tree.",
                why: "It was changed outside of Dhow.", fix: "Verify the ledger, and restore the database from a backup.")
        }
        return range
    }

    func save(_ range: CompactRange) throws {
        try transaction.execute(
            """
            INSERT INTO ledger_state (id, size, hashes) VALUES (1, ?, ?)
            ON CONFLICT (id) DO UPDATE SET size = excluded.size, hashes = excluded.hashes
            """,
            range.size, range.hashes.concatenated)
    }

    /// The hashes of one tile; none when it does not exist.
    func hashes(of tile: MerkleTile) throws -> [TreeHash] {
        guard let row = try transaction.row("SELECT hashes FROM ledger_tile WHERE level = ? AND tile = ?", tile.level, tile.index) else {
            return []
        }
        guard let hashes = [TreeHash](concatenated: try row["hashes"]) else {
            throw Problem(
                .internal, "ledger.tile.unreadable", "Tile \(tile.index) of level \(tile.level) of the ledger does not hold whole hashes.",
                why: "It was changed outside of Dhow.", fix: "Verify the ledger.")
        }
        return hashes
    }

    /// Adds consecutive hashes of one tile level, the first at `position`.
    func append(_ hashes: [TreeHash], level: Int, at position: Int64) throws {
        var rest = hashes[...]
        var position = position
        while !rest.isEmpty {
            let (index, offset) = position.quotientAndRemainder(dividingBy: Int64(MerkleTile.width))
            let tile = MerkleTile(level: level, index: index)
            var row = offset > 0 ? try self.hashes(of: tile) : []
            guard row.count == Int(offset) else {
                throw Problem(
                    .internal, "ledger.tile.short",
                    "Tile \(index) of level \(level) has \(row.count) hashes where \(offset) were expected.",
                    why: "It was changed outside of Dhow.", fix: "Verify the ledger.")
            }
            let added = rest.prefix(MerkleTile.width - row.count)
            row += added
            rest = rest.dropFirst(added.count)
            position += Int64(added.count)
            try transaction.execute(
                """
                INSERT INTO ledger_tile (level, tile, hashes) VALUES (?, ?, ?)
                ON CONFLICT (level, tile) DO UPDATE SET hashes = excluded.hashes
                """,
                level, index, row.concatenated)
        }
    }

    /// Looks node hashes up in the tiles, each tile read once.
    func nodes() -> MerkleTree.Nodes {
        var nodes = TileNodes(load: hashes(of:))
        return { level, index in try nodes.node(level: level, index: index) }
    }

    /// The signed checkpoint of the largest size.
    func lastCheckpoint() throws -> (size: Int64, note: SignedNote)? {
        try transaction.row("SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1").map {
            (try $0["size"], try SignedNote(parsing: try $0["note"]))
        }
    }

    /// - Returns: False when there is one of this size already.
    func insert(_ note: SignedNote, size: Int64, at time: Timestamp) throws -> Bool {
        try transaction.execute(
            "INSERT INTO ledger_checkpoint (size, time, note) VALUES (?, ?, ?) ON CONFLICT (size) DO NOTHING", size, time, note.description)
            > 0
    }

    /// Sizes and notes as they stand, by growing size.
    func checkpoints(after size: Int64, limit: Int) throws -> [(size: Int64, note: String)] {
        try transaction.rows("SELECT size, note FROM ledger_checkpoint WHERE size > ? ORDER BY size LIMIT ?", size, limit).map {
            (try $0["size"], try $0["note"])
        }
    }
}
