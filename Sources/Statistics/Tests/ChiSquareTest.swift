// SPDX-License-Identifier: Apache-2.0

/// Pearson's chi-square test of independence on a 2×K table, without continuity correction.
///
/// Both rows are samples: unlike a goodness-of-fit test, the baseline is not taken as exact, which would flag
/// unchanged data far more often than the stated level.
package struct ChiSquareTest: Equatable, Sendable {
    package let statistic: Double
    package let degreesOfFreedom: Int
    package let pValue: Double

    /// O(K), or O(K log K) with pooling. Columns empty on both sides do not count.
    ///
    /// - Parameter minimumExpected: Columns whose expected count is below this in either row are added together, and the
    ///   next smallest with them until their sum reaches it; 0 pools nothing.
    /// - Returns: Nil when a row is empty, the rows differ in length, or fewer than two columns remain.
    package init?(_ first: [Int], _ second: [Int], minimumExpected: Double = 0) {
        guard first.count == second.count else { return nil }
        let firstTotal = Double(first.reduce(0, +))
        let secondTotal = Double(second.reduce(0, +))
        guard firstTotal > 0, secondTotal > 0 else { return nil }
        let total = firstTotal + secondTotal
        var columns = zip(first, second).map { Column(first: Double($0), second: Double($1)) }.filter { $0.total > 0 }
        if minimumExpected > 0 {
            columns = Self.pooled(columns, untilTotal: minimumExpected * total / min(firstTotal, secondTotal))
        }
        guard columns.count > 1 else { return nil }
        var sum = 0.0
        for column in columns {
            let firstExpected = firstTotal * column.total / total
            let secondExpected = secondTotal * column.total / total
            sum += (column.first - firstExpected) * (column.first - firstExpected) / firstExpected
            sum += (column.second - secondExpected) * (column.second - secondExpected) / secondExpected
        }
        statistic = sum
        degreesOfFreedom = columns.count - 1
        pValue = IncompleteGamma.upper(shape: Double(degreesOfFreedom) / 2, sum / 2)
    }

    private struct Column {
        var first: Double
        var second: Double
        var total: Double { first + second }
    }

    private static func pooled(_ columns: [Column], untilTotal smallest: Double) -> [Column] {
        let ordered = columns.sorted { $0.total < $1.total }
        var pool = Column(first: 0, second: 0)
        var kept: [Column] = []
        for column in ordered {
            if column.total < smallest || (pool.total > 0 && pool.total < smallest) {
                pool.first += column.first
                pool.second += column.second
            } else {
                kept.append(column)
            }
        }
        return pool.total > 0 ? kept + [pool] : kept
    }
}
