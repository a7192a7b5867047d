// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// An order as SQL: the expressions sorted by, the joins they need, and the condition for what comes after a place in it.
///
/// Missing values come last in either direction, NaN just before them. The identity of the thing ends the order, so it is total.
struct SearchOrder {
    struct Key {
        var expression: String
        var isDescending: Bool
        /// The same for all rows of the statement, so that nothing is sorted or sought by it; a page token holds it all the same.
        var isConstant = false
    }

    static let maximumTerms = 10

    private(set) var keys: [Key] = []
    private(set) var joins: [String] = []
    private(set) var joinValues: [DatabaseValue] = []

    init() {}

    /// - Parameter walked: The statement's driver has one row for each thing, with a value that is no NaN, in the order of the first term.
    init(_ terms: [SortTerm], in space: SearchSpace, walked: Bool = false) throws(Problem) {
        guard terms.count <= Self.maximumTerms else {
            throw Problem(
                .invalid, "tracking.order.too-long", "The order has \(terms.count) keys.", why: "At most \(Self.maximumTerms) are taken.")
        }
        var seen: Set<SearchSubject> = []
        for term in terms + (terms.isEmpty ? space.defaultOrder : []) where seen.insert(term.subject).inserted {
            if walked, keys.isEmpty {
                keys.append(Key(expression: "0", isDescending: false, isConstant: true))
                keys.append(Key(expression: "\(SearchDriver.alias).value", isDescending: term.isDescending))
            } else {
                try add(term, in: space)
            }
        }
        for name in space.identity where seen.insert(SearchSubject(.attribute, name)).inserted {
            keys.append(Key(expression: try space.column(name).expression, isDescending: false))
        }
    }

    private mutating func add(_ term: SortTerm, in space: SearchSpace) throws(Problem) {
        if term.subject.kind == .attribute {
            let column = try space.column(term.subject.key)
            if column.isNullable {
                keys.append(Key(expression: "CASE WHEN \(column.expression) IS NULL THEN 1 ELSE 0 END", isDescending: false))
                // A null would be neither before nor after anything.
                let stand = column.type == .text ? "''" : "0"
                keys.append(Key(expression: "COALESCE(\(column.expression), \(stand))", isDescending: term.isDescending))
            } else {
                keys.append(Key(expression: column.expression, isDescending: term.isDescending))
            }
            return
        }
        guard term.subject.kind != .dataset, let facet = space.facet(term.subject.kind) else {
            throw Problem(.invalid, "tracking.order.unknown", "A \(space.noun) cannot be sorted by a \(term.subject.kind.rawValue).")
        }
        let alias = "order_\(joins.count)"
        let belongs = facet.belongs.replacing("facet.", with: "\(alias).")
        joins.append("LEFT JOIN \(facet.sortingTable) \(alias) ON \(belongs) AND \(alias).key = ?")
        joinValues.append(.text(term.subject.key))
        let nan = facet.isNumeric ? " WHEN \(alias).is_nan = 1 THEN 1" : ""
        keys.append(Key(expression: "CASE WHEN \(alias).value IS NULL THEN 2\(nan) ELSE 0 END", isDescending: false))
        keys.append(Key(expression: "COALESCE(\(alias).value, \(facet.isNumeric ? "0" : "''"))", isDescending: term.isDescending))
    }

    /// `a > x OR (a = x AND (b > y OR …))`, with `a >= x` in front so that an index can seek.
    func condition(after token: PageToken) throws(Problem) -> (sql: String, values: [DatabaseValue]) {
        guard token.values.count == keys.count, !keys.isEmpty else { throw PageToken.refusal }
        var sql = ""
        var values: [DatabaseValue] = []
        let places = zip(keys, token.values).filter { !$0.0.isConstant }
        for (index, (key, place)) in places.enumerated() {
            let sign = key.isDescending ? "<" : ">"
            let isLast = index == places.count - 1
            sql += isLast ? "\(key.expression) \(sign) ?" : "\(key.expression) \(sign) ? OR (\(key.expression) = ? AND ("
            values += isLast ? [place] : [place, place]
        }
        sql += String(repeating: "))", count: places.count - 1)
        let (first, place) = places[0]
        return ("\(first.expression) \(first.isDescending ? "<=" : ">=") ? AND (\(sql))", [place] + values)
    }
}
