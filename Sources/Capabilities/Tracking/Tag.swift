// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// A key and its text: a mutable tag, or an immutable param.
package struct Tag: Codable, Hashable, Sendable {
    package var key: String
    package var value: String

    package init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// Whether a thing is there or put away; what is put away can be brought back.
package enum Lifecycle: String, Codable, Sendable, DatabaseConvertible {
    case active, deleted
}

/// Which of them a search gives.
package enum LifecycleView: String, Codable, Sendable {
    case active, deleted, all

    package var condition: (sql: String, values: [DatabaseValue])? {
        switch self {
        case .active: ("lifecycle = ?", [.text("active")])
        case .deleted: ("lifecycle = ?", [.text("deleted")])
        case .all: nil
        }
    }
}

/// Key-value rows of some owners, in a table `(owner, key, value)`; with a column `workspace` in front where owners' ids are unique in one only.
package struct TagTable {
    private let transaction: any Transaction
    private let table: String
    private let owner: String
    private let workspace: String?

    package init(_ table: String, of owner: String, in workspace: String? = nil, _ transaction: any Transaction) {
        self.table = table
        self.owner = owner
        self.workspace = workspace
        self.transaction = transaction
    }

    package init(_ table: String, of owner: String, in transaction: any Transaction) {
        self.init(table, of: owner, in: nil, transaction)
    }

    /// The last of several values for one key wins.
    package func set(_ tags: [Tag], on id: DatabaseValue) throws {
        var last: [String: Tag] = [:]
        for tag in tags { last[tag.key] = tag }
        let columns = (workspace == nil ? "" : "workspace, ") + owner
        try transaction.insert(
            into: "\(table) (\(columns), key, value)", rows: last.values.map { place + [id, .text($0.key), .text($0.value)] },
            "ON CONFLICT (\(columns), key) DO UPDATE SET value = excluded.value")
    }

    package func delete(_ key: String, of id: DatabaseValue) throws -> Bool {
        try transaction.execute(
            "DELETE FROM \(table) WHERE \(condition) \(owner) = ? AND key = ?", values: place + [id, .text(key)]) > 0
    }

    package func tags(of id: DatabaseValue) throws -> [Tag] {
        try transaction.rows(
            "SELECT key, value FROM \(table) WHERE \(condition) \(owner) = ? ORDER BY key", values: place + [id]
        ).map { Tag(try $0["key"], try $0["value"]) }
    }

    /// Tags of many owners by owner, each sorted by key.
    package func tags<ID: DatabaseConvertible & Hashable>(of ids: [ID]) throws -> [ID: [Tag]] {
        var tags: [ID: [Tag]] = [:]
        try transaction.forEachRow(
            "SELECT \(owner), key, value FROM \(table) WHERE \(condition) \(owner) IN", place, anyOf: ids.map(\.databaseValue),
            "ORDER BY \(owner), key"
        ) { row in
            tags[try row[owner], default: []].append(Tag(try row["key"], try row["value"]))
        }
        return tags
    }

    private var place: [DatabaseValue] { workspace.map { [.text($0)] } ?? [] }
    private var condition: String { workspace == nil ? "" : "workspace = ? AND" }
}

extension Transaction {
    /// Runs `sql (?, ?, …) ending` for the values, at most 200 at a time, after the `first` ones.
    package func forEachRow(
        _ sql: String, _ first: [DatabaseValue] = [], anyOf values: [DatabaseValue], _ ending: String, _ body: (Row) throws -> Void
    ) throws {
        for start in stride(from: 0, to: values.count, by: AnyOf.limit) {
            let some = Array(values[start..<min(start + AnyOf.limit, values.count)])
            let marks = some.count == AnyOf.limit ? AnyOf.fullMarks : AnyOf.marks(some.count)
            try forEachRow("\(sql) (\(marks)) \(ending)", values: first + some, body)
        }
    }
}

private enum AnyOf {
    static let limit = 200
    static let fullMarks = marks(limit)

    static func marks(_ count: Int) -> String { repeatElement("?", count: count).joined(separator: ", ") }
}
