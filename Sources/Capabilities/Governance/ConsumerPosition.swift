// SPDX-License-Identifier: Apache-2.0

package import Backends

/// How far a named listener has read the ledger; moved in the transaction of what it did about the entries.
package struct ConsumerPosition {
    private let transaction: any Transaction
    private let name: String

    package init(of name: String, in transaction: any Transaction) {
        self.name = name
        self.transaction = transaction
    }

    /// The last sequence number dealt with; nil for a listener that has not begun.
    package func current() throws -> Int64? {
        try transaction.row("SELECT seq FROM consumer_position WHERE name = ?", name).map { try $0["seq"] }
    }

    package func move(to seq: Int64) throws {
        try transaction.execute(
            "INSERT INTO consumer_position (name, seq) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq", name, seq)
    }
}
