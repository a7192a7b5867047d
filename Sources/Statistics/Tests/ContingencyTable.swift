// SPDX-License-Identifier: Apache-2.0

/// A table of two rows of counts with what independence of row and column would lead one to expect.
struct ContingencyTable {
    struct Column {
        var first: Double
        var second: Double
        var total: Double { first + second }
    }

    /// None of them empty.
    private(set) var columns: [Column]
    let firstTotal: Double
    let secondTotal: Double

    var total: Double { firstTotal + secondTotal }
    var degreesOfFreedom: Int { columns.count - 1 }

    /// O(K). Nil when a row is empty, a count is negative, or the rows differ in length.
    init?(_ first: [Int], _ second: [Int]) {
        guard first.count == second.count, first.allSatisfy({ $0 >= 0 }), second.allSatisfy({ $0 >= 0 }) else { return nil }
        firstTotal = Double(first.reduce(0, +))
        secondTotal = Double(second.reduce(0, +))
        guard firstTotal > 0, secondTotal > 0 else { return nil }
        columns = zip(first, second).map { Column(first: Double($0), second: Double($1)) }.filter { $0.total > 0 }
    }

    func expected(_ column: Column) -> (first: Double, second: Double) {
        (firstTotal * column.total / total, secondTotal * column.total / total)
    }

    /// Adds together the columns whose expected count is below the minimum in either row, and the next smallest with them until their
    /// sum reaches it; O(K log K). A minimum of 0 pools nothing.
    mutating func pool(untilExpected minimum: Double) {
        guard minimum > 0 else { return }
        let smallest = minimum * total / min(firstTotal, secondTotal)
        var pool = Column(first: 0, second: 0)
        var kept: [Column] = []
        for column in columns.sorted(by: { $0.total < $1.total }) {
            if column.total < smallest || (pool.total > 0 && pool.total < smallest) {
                pool.first += column.first
                pool.second += column.second
            } else {
                kept.append(column)
            }
        }
        columns = pool.total > 0 ? kept + [pool] : kept
    }
}
