// SPDX-License-Identifier: Apache-2.0

/// The Mann–Whitney U test, two-sided: whether values of one sample tend to be larger than those of the other.
///
/// Mann and Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other", Annals of Mathematical
/// Statistics 18 (1947). Blind to a change of spread that leaves the middle where it was.
package struct MannWhitney: Equatable, Sendable {
    package let firstCount: Int
    package let secondCount: Int
    /// Pairs in which the first sample's value is the larger one, a tie counting one half.
    package let statistic: Double
    /// By the normal approximation with correction for ties and for continuity; 1 when all values are equal.
    package let pValue: Double

    /// The chance that a value of the first sample exceeds one of the second, a tie counting one half; 0.5 when neither tends to.
    package var probabilityOfExceeding: Double { statistic / (Double(firstCount) * Double(secondCount)) }

    /// O(n log n + m log m). Nil when a sample is empty or holds NaN; infinities rank at the ends.
    package init?(_ first: [Double], _ second: [Double]) {
        guard let (first, second) = PooledRanks.sorted(first, second) else { return nil }
        let n = Double(first.count)
        let m = Double(second.count)
        let total = n + m
        var rankSum = 0.0
        var tieTerm = 0.0
        PooledRanks.forEachRun(sorted: first, sorted: second) { run in
            rankSum += Double(run.first.count) * run.midrank
            let ties = Double(run.count)
            tieTerm += ties * ties * ties - ties
        }
        firstCount = first.count
        secondCount = second.count
        statistic = rankSum - n * (n + 1) / 2
        let larger = max(statistic, n * m - statistic)
        let deviation = max(0, n * m / 12 * (total + 1 - tieTerm / (total * (total - 1)))).squareRoot()
        guard deviation > 0 else {
            pValue = 1
            return
        }
        pValue = min(1, 2 * NormalDistribution.upperTail((larger - n * m / 2 - 0.5) / deviation))
    }
}
