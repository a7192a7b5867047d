// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Gives committed entries their place in the tree.
///
/// One pass is one write under the lock `ledger`, so that any number of processes may run sequencers: an entry never gets a place
/// before one that was numbered earlier, and numbers have no gaps.
package struct LedgerSequencer: Sendable {
    package static let lock = "ledger"

    private let database: any Database
    private let batchSize: Int

    package init(database: any Database, batchSize: Int = 1000) {
        precondition(batchSize > 0, "A pass takes at least one entry.")
        self.database = database
        self.batchSize = batchSize
    }

    /// Sequences all entries that were committed before the call.
    ///
    /// - Returns: How many there were.
    @discardableResult
    package func sequence() async throws -> Int {
        var total = 0
        while try await database.read({ try LedgerEntryTable(transaction: $0).hasUnsequenced }) {
            let count = try await pass()
            total += count
            if count < batchSize { break }
        }
        return total
    }

    /// One batch: numbers the oldest unsequenced entries in id order and extends tree and tiles.
    private func pass() async throws -> Int {
        try await database.write(locking: Self.lock) { [batchSize] transaction in
            let entries = LedgerEntryTable(transaction: transaction)
            let tree = LedgerTreeTable(transaction: transaction)
            let hashes = try entries.unsequencedHashes(limit: batchSize)
            if hashes.isEmpty { return 0 }
            var range = try tree.range()
            guard try entries.number(from: range.size, limit: hashes.count) == hashes.count else {
                throw Problem(.internal, "ledger.sequence.raced", "Ledger entries changed while they were numbered.")
            }
            var rows: [Int: (first: Int64, hashes: [TreeHash])] = [:]
            for hash in hashes {
                range.append(hash) { level, index, hash in
                    guard level.isMultiple(of: 8) else { return }
                    rows[level / 8, default: (index, [])].hashes.append(hash)
                }
            }
            for (level, row) in rows.sorted(by: { $0.key < $1.key }) { try tree.append(row.hashes, level: level, at: row.first) }
            try tree.save(range)
            return hashes.count
        }
    }
}
