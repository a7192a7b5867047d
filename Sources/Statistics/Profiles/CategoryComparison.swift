// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How the categories of a window differ from those of a baseline, from their tables: category by category while both tables are complete,
/// by buckets of hashes otherwise. Either way the classes do not depend on which side is the baseline. O(categories log categories).
package struct CategoryComparison: Sendable {
    package struct Change: Codable, Equatable, Sendable {
        package let category: String
        package let baseline: Double
        package let window: Double
    }

    /// Whether classes are categories and not buckets.
    package let isExact: Bool
    package let baselineCount: Int
    package let windowCount: Int
    private let before: [Int]
    private let after: [Int]
    private let pairs: [(text: String, here: Int, there: Int)]

    /// Nil when one side has no value.
    package init?(_ baseline: CategoryTable, _ window: CategoryTable) {
        guard baseline.count > 0, window.count > 0 else { return nil }
        pairs = baseline.pairs(with: window)
        (baselineCount, windowCount) = (baseline.count, window.count)
        isExact = baseline.isComplete && window.isComplete
        let classes = isExact ? (pairs.map(\.here), pairs.map(\.there)) : (baseline.buckets, window.buckets)
        // Rare ones together: neither an approximation nor an index holds for them.
        (before, after) = ContingencyTable.pooled(classes.0, classes.1, untilExpected: 5)
    }

    /// Nil when only one class remains.
    package var chiSquareTest: ChiSquareTest? { ChiSquareTest(before, after) }
    package var stabilityIndex: StabilityIndex? { StabilityIndex(before, after) }

    /// The share of rows that moved, and what it comes to on average when nothing changed.
    package var totalVariation: (value: Double, noise: Double) {
        let (n, m) = (Double(baselineCount), Double(windowCount))
        let factor = (2 / Double.pi * (1 / n + 1 / m)).squareRoot()
        var (value, noise) = (0.0, 0.0)
        for (here, there) in zip(before, after) {
            let share = Double(here + there) / (n + m)
            value += abs(Double(here) / n - Double(there) / m) / 2
            noise += factor * (share * (1 - share)).squareRoot() / 2
        }
        return (value, noise)
    }

    /// Rows in categories that the baseline never had, among the categories that both tables keep.
    package var unseen: Unseen {
        var unseen = Unseen()
        var (rows, known, once) = (0, 0, 0)
        for pair in pairs {
            rows += pair.there
            known += pair.here
            if pair.here == 1 { once += 1 }
            guard pair.here == 0 else { continue }
            unseen.rows += pair.there
            unseen.categories += 1
            if pair.there > (unseen.largest?.count ?? 0) { unseen.largest = CategoryTable.Category(text: pair.text, count: pair.there) }
        }
        guard rows > 0 else { return unseen }
        unseen.share = Double(unseen.rows) / Double(rows)
        // Good, "The Population Frequencies of Species", Biometrika 40 (1953): as many rows are new as were seen once.
        unseen.expectedShare = known > 0 ? Double(once) / Double(known) : 1
        if let largest = unseen.largest {
            // All rows of one category on one side, the largest of so many.
            let chance = Extremes.chance(ofAll: largest.count, inWindow: windowCount, of: windowCount + baselineCount)
            unseen.pValue = min(1, chance * Double(pairs.count))
        }
        return unseen
    }

    package struct Unseen: Equatable, Sendable {
        package fileprivate(set) var rows = 0
        package fileprivate(set) var categories = 0
        package fileprivate(set) var largest: CategoryTable.Category?
        package fileprivate(set) var share = 0.0
        /// What chance alone would bring, where many categories are rare.
        package fileprivate(set) var expectedShare = 0.0
        package fileprivate(set) var pValue = 1.0
    }

    /// The categories that moved most, largest change first, then by name.
    package func largestChanges(_ limit: Int) -> [Change] {
        let (n, m) = (Double(baselineCount), Double(windowCount))
        let changes = pairs.map { Change(category: $0.text, baseline: Double($0.here) / n, window: Double($0.there) / m) }
        return Array(
            changes.sorted {
                (abs($1.window - $1.baseline), $0.category) < (abs($0.window - $0.baseline), $1.category)
            }.prefix(limit))
    }
}

extension ContingencyTable {
    /// Both rows with their rare columns added together; as they were when a row is empty.
    static func pooled(_ first: [Int], _ second: [Int], untilExpected minimum: Double) -> (first: [Int], second: [Int]) {
        guard var table = ContingencyTable(first, second) else { return (first, second) }
        table.pool(untilExpected: minimum)
        return (table.columns.map { Int($0.first) }, table.columns.map { Int($0.second) })
    }
}
