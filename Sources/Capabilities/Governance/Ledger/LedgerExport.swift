// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Writes the ledger under its last checkpoint as a folder of tiles.
///
/// Full tiles and bundles that stand there already are left alone, so that repeating an export adds only what is new.
package struct LedgerExport: Sendable {
    private let database: any Database

    package init(database: any Database) {
        self.database = database
    }

    /// - Throws: `Problem` `ledger.checkpoint.missing` before the first checkpoint, `ledger.entry.missing` when an entry is not there.
    @discardableResult
    package func write(to folder: TileFolder) async throws -> Checkpoint {
        let note = try await database.read { transaction in
            guard let last = try LedgerTreeTable(transaction: transaction).lastCheckpoint() else { throw LedgerProofs.noCheckpoint }
            return last.note
        }
        let checkpoint = try Checkpoint(parsing: note.text)
        for tile in MerkleTile.all(inTreeOf: checkpoint.size) {
            let width = tile.width(inTreeOf: checkpoint.size)
            let isFull = width == MerkleTile.width
            if !isFull || !folder.has(tile.path(width: width)) { try folder.write(try await hashes(of: tile, width: width), of: tile) }
            guard tile.level == 0, !isFull || !folder.has(MerkleTile.entriesPath(index: tile.index, width: width)) else { continue }
            try folder.write(try await entries(of: tile.index, width: width), ofBundle: tile.index)
        }
        // Last, so that a folder that was left half written still has its old checkpoint.
        try folder.write(note)
        return checkpoint
    }

    private func hashes(of tile: MerkleTile, width: Int) async throws -> [TreeHash] {
        try await database.read { try LedgerProofs(transaction: $0).hashes(of: tile, width: width) }
    }

    private func entries(of bundle: Int64, width: Int) async throws -> [[UInt8]] {
        try await database.read { try LedgerProofs(transaction: $0).entries(of: bundle, width: width) }
    }
}
