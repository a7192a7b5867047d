// SPDX-License-Identifier: Apache-2.0

/// A walk over two sorted samples in the order of their pooled values, equal values together.
enum PooledRanks {
    /// A run of equal values: how many of each sample, and how many of each came before.
    struct Run {
        let first: Range<Int>
        let second: Range<Int>

        var count: Int { first.count + second.count }
        /// The rank, from 1, that all values of the run share: the mean of the places they take.
        var midrank: Double { Double(first.lowerBound + second.lowerBound) + Double(count + 1) / 2 }
    }

    /// O(n + m). Both samples must be sorted and free of NaN.
    static func forEachRun(sorted first: [Double], sorted second: [Double], _ body: (Run) -> Void) {
        var i = 0
        var j = 0
        while i < first.count || j < second.count {
            let (startI, startJ) = (i, j)
            let value = i < first.count && (j == second.count || first[i] <= second[j]) ? first[i] : second[j]
            while i < first.count, first[i] == value { i += 1 }
            while j < second.count, second[j] == value { j += 1 }
            body(Run(first: startI..<i, second: startJ..<j))
        }
    }

    /// Nil unless both samples have at least `minimum` values and no NaN; O(n log n + m log m).
    static func sorted(_ first: [Double], _ second: [Double], minimum: Int = 1) -> (first: [Double], second: [Double])? {
        guard first.count >= minimum, second.count >= minimum, !first.contains(where: \.isNaN), !second.contains(where: \.isNaN) else {
            return nil
        }
        return (first.sorted(), second.sorted())
    }
}
