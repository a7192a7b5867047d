// SPDX-License-Identifier: Apache-2.0

package import Backends

/// The way into the ledger: appends entries in the transaction of the change they tell of.
///
/// What commits with the change is the entry and its leaf hash; its place in the tree follows from `LedgerSequencer`.
package struct Ledger {
    private let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    /// - Throws: `Problem` for an entry that cannot be written canonically or is too large, `ConstraintViolation` when its id is taken.
    package func append(_ entry: LedgerEntry) throws {
        let stored = try entry.stored()
        try LedgerEntryTable(transaction: transaction).insert(stored.columns, leafHash: MerkleTree.leafHash(of: stored.bytes))
    }
}
