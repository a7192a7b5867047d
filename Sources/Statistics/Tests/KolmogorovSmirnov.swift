// SPDX-License-Identifier: Apache-2.0

/// The two-sample Kolmogorov–Smirnov test, two-sided: the largest gap between two distribution functions.
///
/// Smirnov, "Table for Estimating the Goodness of Fit of Empirical Distributions", Annals of Mathematical Statistics 19 (1948).
package struct KolmogorovSmirnov: Equatable, Sendable {
    package let firstCount: Int
    package let secondCount: Int
    /// The gap times firstCount · secondCount: a whole number, so that ties and equality are exact.
    private let scaledGap: Int

    /// 0…1; 0 when the samples are the same up to repetition.
    package var statistic: Double { Double(scaledGap) / Double(firstCount * secondCount) }

    /// O(n log n + m log m). Nil when a sample is empty or holds NaN.
    package init?(_ first: [Double], _ second: [Double]) {
        guard !first.isEmpty, !second.isEmpty, !first.contains(where: \.isNaN), !second.contains(where: \.isNaN) else { return nil }
        self.init(sorted: first.sorted(), sorted: second.sorted())
    }

    /// O(n + m) over samples that are sorted, not empty and without NaN.
    package init(sorted first: [Double], sorted second: [Double]) {
        precondition(!first.isEmpty && !second.isEmpty, "A distribution needs at least one value.")
        firstCount = first.count
        secondCount = second.count
        var i = 0
        var j = 0
        var largest = 0
        while i < first.count, j < second.count {
            let value = min(first[i], second[j])
            while i < first.count, first[i] == value { i += 1 }
            while j < second.count, second[j] == value { j += 1 }
            largest = max(largest, abs(i * second.count - j * first.count))
        }
        scaledGap = largest
    }

    /// A gap that is already known, as a multiple of 1 / (firstCount · secondCount).
    init(firstCount: Int, secondCount: Int, scaledGap: Int) {
        self.firstCount = firstCount
        self.secondCount = secondCount
        self.scaledGap = scaledGap
    }

    /// Pairs of values up to which the exact p-value is worth its steps.
    package static let exactPairs = 1_000_000

    /// Exact up to `exactPairs`, asymptotic beyond: between 0.1 and 0.0001 the two then differ by at most 7 %.
    package var pValue: Double {
        let (pairs, overflows) = firstCount.multipliedReportingOverflow(by: secondCount)
        return !overflows && pairs <= Self.exactPairs ? exactPValue : asymptoticPValue
    }

    /// The share of all orderings of the pooled sample with a gap at least as large; exact without ties, too large with them.
    ///
    /// Counts lattice paths from (0, 0) to (n, m) that leave the band around the diagonal (Hodges 1958), as the share of
    /// paths into each point, so nothing cancels and tiny values keep their accuracy. At most O(n · m) time and, in
    /// proportion to the statistic, often much less; O(min(n, m)) memory.
    package var exactPValue: Double {
        guard scaledGap > 0 else { return 1 }
        let rows = max(firstCount, secondCount)
        let columns = min(firstCount, secondCount)
        // outside[j]: the share of paths into (row, j) that have left the band; 1 for points outside it.
        var outside = [Double](repeating: 1, count: columns + 1)
        for column in 0...min(columns, (scaledGap - 1) / rows) { outside[column] = 0 }
        for row in 1...rows {
            let diagonal = row * columns
            let low = diagonal < scaledGap ? 0 : (diagonal - scaledGap) / rows + 1
            let high = min(columns, (diagonal + scaledGap - 1) / rows)
            guard low <= high else { return 1 }
            var left = 1.0
            for column in low...high {
                left = (Double(row) * outside[column] + Double(column) * left) / Double(row + column)
                outside[column] = left
            }
        }
        return outside[columns]
    }

    /// Kolmogorov's one-sample distribution at the harmonic sample size n·m/(n + m), rounded.
    package var asymptoticPValue: Double {
        let n = Double(firstCount)
        let m = Double(secondCount)
        let size = (n * m / (n + m)).rounded(.toNearestOrEven)
        return KolmogorovDistribution.survival(statistic, sampleSize: Int(size))
    }
}
