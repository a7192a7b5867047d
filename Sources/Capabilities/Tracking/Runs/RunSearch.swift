// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// One search of runs, and the way it takes through the indexes.
///
/// - A comparison that at most `selectiveRows` values satisfy is looked up first: O(those rows).
/// - Else an order by a metric of one experiment is walked along the index of its values until the page is full: O(page / share of the runs
///   that satisfy the filter). The runs without the metric come after, in a scan of the experiment.
/// - Else the runs of the experiments are walked from the newest, or all of them sorted when the order is another.
struct RunSearch {
    static let selectiveRows = 800

    let experiments: [Int64]
    let comparisons: [Comparison]
    let terms: [SortTerm]
    let view: LifecycleView
    let workspace: String

    func page(after token: PageToken?, limit: Int, in transaction: any Transaction) throws -> (items: [Run], next: PageToken?) {
        for comparison in comparisons {
            let driver = SearchDriver(comparison, in: RunTable.space, experiments: experiments)
            if let driver, try driver.isSelective(atMost: Self.selectiveRows, in: transaction) {
                return try statement(driver, on: transaction.engine).page(after: token, limit: limit, in: transaction, RunTable.decode)
            }
        }
        if let walk = walk(after: token) {
            let statement = try statement(walk, on: transaction.engine)
            let (items, next) = try statement.page(after: token, limit: limit, in: transaction, RunTable.decode)
            if next != nil || isMetricRequired { return (items, next) }
        }
        return try statement(nil, on: transaction.engine).page(after: token, limit: limit, in: transaction, RunTable.decode)
    }

    /// - Returns: Nil when the order has no index, or the page begins among the runs that the index does not have.
    private func walk(after token: PageToken?) -> SearchDriver? {
        guard experiments.count == 1, let first = terms.first, token?.values.first.map({ $0 == .integer(0) }) ?? true else { return nil }
        return SearchDriver(walking: first, comparisons, in: RunTable.space, experiment: experiments[0])
    }

    /// Whether the filter leaves no run without a value of the metric that is sorted by.
    private var isMetricRequired: Bool {
        // A NaN is not null, but satisfies no other comparison.
        comparisons.contains { $0.subject == terms.first?.subject && !$0.operation.takesNoOperand }
    }

    private func statement(_ driver: SearchDriver?, on engine: DatabaseEngine) throws(Problem) -> SearchStatement {
        var statement = SearchStatement(of: RunTable.space, on: engine)
        if let driver { statement.drive(by: driver) }
        let marks = experiments.map { _ in "?" }.joined(separator: ", ")
        statement.require(
            "run.workspace = ? AND run.experiment IN (\(marks))", [.text(workspace)] + experiments.map(\.databaseValue))
        if let condition = view.condition { statement.require("run." + condition.sql, condition.values) }
        try statement.require(comparisons)
        try statement.sort(by: terms)
        return statement
    }
}
