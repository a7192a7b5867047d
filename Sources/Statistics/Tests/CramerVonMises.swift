// SPDX-License-Identifier: Apache-2.0

/// The two-sample Cramér–von Mises test: the squared gap between two distribution functions, summed over the pooled sample.
///
/// Anderson, "On the Distribution of the Two-Sample Cramér–von Mises Criterion", Annals of Mathematical Statistics 33 (1962); equal values
/// take midranks (Conover, "Practical Nonparametric Statistics", 1999). Sees moderate differences everywhere better than
/// Kolmogorov–Smirnov, which looks at the widest place only.
package struct CramerVonMises: Equatable, Sendable {
    package let statistic: Double
    /// From the limiting distribution, at the statistic moved and scaled to that distribution's mean and variance (Anderson 1962).
    ///
    /// Exact ties and small samples make it approximate. Values below about 1e-7 mean no more than "tiny": the series behind them
    /// is cut at its first term below that.
    package let pValue: Double

    /// O(n log n + m log m). Nil when a sample has fewer than two values or holds NaN; infinities rank at the ends.
    package init?(_ first: [Double], _ second: [Double]) {
        guard let (first, second) = PooledRanks.sorted(first, second, minimum: 2) else { return nil }
        let n = Double(first.count)
        let m = Double(second.count)
        // Sums of quarters of whole numbers: exact up to 2^51.
        var firstSum = 0.0
        var secondSum = 0.0
        PooledRanks.forEachRun(sorted: first, sorted: second) { run in
            for index in run.first { firstSum += Self.square(run.midrank - Double(index + 1)) }
            for index in run.second { secondSum += Self.square(run.midrank - Double(index + 1)) }
        }
        let product = n * m
        let total = n + m
        let t = (n * firstSum + m * secondSum) / (product * total) - (4 * product - 1) / (6 * total)
        let mean = (1 + 1 / total) / 6
        let variance =
            (total + 1) * (4 * product * total - 3 * (n * n + m * m) - 2 * product) / (45 * total * total * 4 * product)
        let standardised = 1 / 6.0 + (t - mean) / (45 * variance).squareRoot()
        statistic = t
        // Below, the series stops too early, and the probability of less is 0 to ten places (scipy's limit too).
        pValue = standardised < 0.003 ? 1 : CramerVonMisesDistribution.survival(standardised)
    }

    private static func square(_ value: Double) -> Double { value * value }
}
