// SPDX-License-Identifier: Apache-2.0

import Backends
import Foundation

/// The key-value rows that a search begins with, found by an index on their values: those of one comparison, or of the first sort key.
package struct SearchDriver: Sendable {
    /// Of the rows in the statement.
    static let alias = "chosen"
    /// Characters of a text that its index holds.
    static let prefix = 100

    let table: String
    /// Ties a row to its owner.
    let belongs: String
    /// The comparisons that all of its rows satisfy.
    let covered: [Comparison]
    private(set) var sql: String
    private(set) var values: [DatabaseValue]
    /// Whether the rows come in the order of the first sort key, so that a page ends the walk through them.
    let isWalk: Bool

    /// The rows that satisfy a comparison; nil when no index finds them.
    ///
    /// - Parameter experiments: Where numeric values are looked for; their index begins with the experiment.
    init?(_ comparison: Comparison, in space: SearchSpace, experiments: [Int64]) {
        guard [.metric, .param, .tag].contains(comparison.subject.kind), let facet = space.facet(comparison.subject.kind) else {
            return nil
        }
        table = facet.table
        belongs = facet.belongs.replacing("facet.", with: Self.alias + ".")
        isWalk = false
        covered = [comparison]
        let key = DatabaseValue.text(comparison.subject.key)
        if facet.isNumeric {
            guard let range = Self.range(comparison) else { return nil }
            let marks = experiments.map { _ in "?" }.joined(separator: ", ")
            sql = "\(Self.alias).experiment IN (\(marks)) AND \(Self.alias).key = ? AND \(Self.alias).is_nan = 0 AND \(range.sql)"
            values = experiments.map(\.databaseValue) + [key, range.value]
        } else {
            guard comparison.operation == .equal, case .text(let text) = comparison.operand else { return nil }
            sql = "\(Self.alias).key = ? AND substr(\(Self.alias).value, 1, \(Self.prefix)) = ?"
            values = [key, .text(String(String.UnicodeScalarView(text.unicodeScalars.prefix(Self.prefix))))]
            if text.unicodeScalars.count >= Self.prefix {
                sql += " AND \(Self.alias).value = ?"
                values.append(.text(text))
            }
        }
    }

    /// The metric that is sorted by, as far as the comparisons of the same metric allow; NaN is not among the rows.
    init?(walking term: SortTerm, _ comparisons: [Comparison], in space: SearchSpace, experiment: Int64) {
        guard term.subject.kind == .metric, let facet = space.facet(.metric), facet.isNumeric else { return nil }
        table = facet.table
        belongs = facet.belongs.replacing("facet.", with: Self.alias + ".")
        isWalk = true
        covered = comparisons.filter { $0.subject == term.subject && Self.range($0) != nil }
        sql = "\(Self.alias).experiment = ? AND \(Self.alias).key = ? AND \(Self.alias).is_nan = 0"
        values = [.integer(experiment), .text(term.subject.key)]
        for range in covered.compactMap(Self.range) {
            sql += " AND \(range.sql)"
            values.append(range.value)
        }
    }

    /// A facet's tie to its owner, said of the rows, so that it is looked at before the owner is looked up.
    func tie(_ facet: SearchSpace.Facet) -> String {
        let sides = belongs.components(separatedBy: " = ")
        return sides.count == 2 ? facet.belongs.replacing(sides[1], with: sides[0]) : facet.belongs
    }

    /// Whether at most `limit` rows satisfy it. O(limit) steps in the index.
    func isSelective(atMost limit: Int, in transaction: any Transaction) throws -> Bool {
        let rows = "SELECT 1 FROM \(table) \(Self.alias) WHERE \(sql) LIMIT \(limit + 1)"
        let count: Int = try transaction.rows("SELECT COUNT(*) AS n FROM (\(rows)) found", values: values)[0]["n"]
        return count <= limit
    }

    private static func range(_ comparison: Comparison) -> (sql: String, value: DatabaseValue)? {
        guard comparison.operation.isOrdering || comparison.operation == .equal else { return nil }
        switch comparison.operand {
        case .integer(let number): return ("\(alias).value \(comparison.operation.rawValue) ?", .real(Double(number)))
        case .number(let number): return ("\(alias).value \(comparison.operation.rawValue) ?", .real(number))
        default: return nil
        }
    }
}
