// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// An entry with its place in the tree.
package struct SequencedEntry: Hashable, Sendable {
    /// From 0, without gaps, in commit order.
    package var seq: Int64
    package var entry: LedgerEntry

    package init(seq: Int64, entry: LedgerEntry) {
        self.seq = seq
        self.entry = entry
    }
}

/// Which entries a listener or a page wants; all given conditions must hold.
package struct LedgerFilter: Hashable, Sendable {
    package var workspace: String?
    package var resource: String?
    /// The resource itself or anything that begins with this text: `model/flights/`.
    package var resourcePrefix: String?
    package var verb: String?
    package var actor: String?

    package init(
        workspace: String? = nil, resource: String? = nil, resourcePrefix: String? = nil, verb: String? = nil, actor: String? = nil
    ) {
        self.workspace = workspace
        self.resource = resource
        self.resourcePrefix = resourcePrefix
        self.verb = verb
        self.actor = actor
    }
}

/// Sequenced entries, for listeners that follow the ledger and for pages that show it.
///
/// A listener that keeps the last `seq` it has dealt with misses nothing: an entry never appears below one that was already readable.
package struct LedgerReader {
    package static let maximumPage = 1000

    private let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    /// The entries after `seq`, oldest first; -1 begins at the beginning. At most `maximumPage`.
    package func entries(after seq: Int64 = -1, limit: Int, where filter: LedgerFilter = LedgerFilter()) throws -> [SequencedEntry] {
        try entries("seq > ?", seq, order: "ASC", limit: limit, filter)
    }

    /// The entries before `seq`, or the last ones, newest first. At most `maximumPage`.
    package func latest(before seq: Int64? = nil, limit: Int, where filter: LedgerFilter = LedgerFilter()) throws -> [SequencedEntry] {
        try entries("seq < ?", seq ?? Int64.max, order: "DESC", limit: limit, filter)
    }

    /// The entry with this id, also while it has no place in the tree yet.
    package func entry(id: String) throws -> (seq: Int64?, entry: LedgerEntry)? {
        guard let row = try LedgerEntryTable(transaction: transaction).row(id: id) else { return nil }
        return (try row["seq"], try StoredLedgerEntry(row: row).entry())
    }

    /// How many entries have a place in the tree.
    package func size() throws -> Int64 {
        try LedgerTreeTable(transaction: transaction).range().size
    }

    private func entries(_ bound: String, _ seq: Int64, order: String, limit: Int, _ filter: LedgerFilter) throws -> [SequencedEntry] {
        var conditions = [bound]
        var values: [DatabaseValue] = [.integer(seq)]
        func require(_ condition: String, _ arguments: DatabaseValue...) {
            conditions.append(condition)
            values += arguments
        }
        if let workspace = filter.workspace { require("workspace = ?", .text(workspace)) }
        if let resource = filter.resource { require("resource = ?", .text(resource)) }
        if let prefix = filter.resourcePrefix {
            // Both engines count characters as Unicode scalars here; LIKE and ranges depend on case rules and collations.
            require("SUBSTR(resource, 1, CAST(? AS INTEGER)) = ?", .integer(Int64(prefix.unicodeScalars.count)), .text(prefix))
        }
        if let verb = filter.verb { require("verb = ?", .text(verb)) }
        if let actor = filter.actor { require("actor = ?", .text(actor)) }
        values.append(.integer(Int64(max(1, min(limit, Self.maximumPage)))))
        let sql = """
            SELECT \(LedgerEntryTable.columns) FROM ledger_entry WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq \(order) LIMIT ?
            """
        return try transaction.rows(sql, values: values).map {
            SequencedEntry(seq: try $0["seq"], entry: try StoredLedgerEntry(row: $0).entry())
        }
    }
}
