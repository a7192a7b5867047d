// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// A search as one SQL statement with bound parameters: conditions from a filter, an order, and the place after which a page begins.
package struct SearchStatement {
    private let space: SearchSpace
    private let engine: DatabaseEngine
    private var conditions: [String] = []
    private var conditionValues: [DatabaseValue] = []
    private var order = SearchOrder()
    private var driver: SearchDriver?
    private var isSelective = false

    package init(of space: SearchSpace, on engine: DatabaseEngine) {
        self.space = space
        self.engine = engine
    }

    /// Adds a condition of the caller's own.
    package mutating func require(_ sql: String, _ values: [DatabaseValue]) {
        conditions.append(sql)
        conditionValues += values
    }

    package mutating func require(_ comparisons: [Comparison]) throws(Problem) {
        var space = space
        if let driver { space.facets = space.facets.mapValues { $0.tied(driver.tie($0)) } }
        for comparison in comparisons where driver?.covered.contains(comparison) != true {
            let part = try SearchCondition(comparison, in: space, on: engine)
            if comparison.operation == .equal, comparison.subject.kind == .attribute {
                let column = try space.column(comparison.subject.key)
                isSelective = isSelective || column.isSelective
            }
            require(part.sql, part.values)
        }
    }

    package mutating func sort(by terms: [SortTerm]) throws(Problem) {
        order = try SearchOrder(terms, in: space, walked: driver?.isWalk == true)
    }

    /// Begins with the rows of `driver` and looks up the things they belong to, not the other way round. To be called first.
    package mutating func drive(by driver: SearchDriver) {
        self.driver = driver
        require(driver.sql, driver.values)
        require(driver.belongs, [])
    }

    /// How many things the conditions let through.
    package func count(in transaction: any Transaction) throws -> Int64 {
        var sql = "SELECT COUNT(*) AS count FROM \(space.table)"
        if !conditions.isEmpty { sql += " WHERE " + conditions.map { "(\($0))" }.joined(separator: " AND ") }
        return try transaction.rows(sql, values: conditionValues)[0]["count"]
    }

    /// Runs the search; `decode` gets each row with all columns of the space's table.
    ///
    /// - Returns: At most `limit` things, and the token of the page that follows when there is one.
    package func page<Item>(
        after token: PageToken?, limit: Int, in transaction: any Transaction, _ decode: (Row) throws -> Item
    ) throws -> (items: [Item], next: PageToken?) {
        var sql = "SELECT \(space.table).*"
        for (index, key) in order.keys.enumerated() { sql += ", \(key.expression) AS sort_\(index)" }
        // SQLite takes the tables of a CROSS JOIN in the order they are written in.
        sql += driver.map { " FROM \($0.table) \(SearchDriver.alias) CROSS JOIN \(space.table)" } ?? " FROM \(space.table)"
        for join in order.joins { sql += " " + join }
        var conditions = conditions
        var values = order.joinValues + conditionValues
        if let token {
            let place = try order.condition(after: token)
            conditions.append(place.sql)
            values += place.values
        }
        if !conditions.isEmpty { sql += " WHERE " + conditions.map { "(\($0))" }.joined(separator: " AND ") }
        // SQLite would rather walk an index in this order than find the few rows; a sign before the key keeps it from that.
        let sign = isSelective && engine == .sqlite ? "+" : ""
        let sorted = order.keys.filter { !$0.isConstant }.map { sign + $0.expression + ($0.isDescending ? " DESC" : "") }
        sql += " ORDER BY " + sorted.joined(separator: ", ")
        sql += " LIMIT \(limit + 1)"
        var items: [Item] = []
        var last: PageToken?
        var hasMore = false
        try transaction.forEachRow(sql, values: values) { row in
            guard items.count < limit else {
                hasMore = true
                return
            }
            items.append(try decode(row))
            if items.count == limit {
                last = PageToken(values: try order.keys.indices.map { try row["sort_\($0)"] })
            }
        }
        return (items, hasMore ? last : nil)
    }
}
