// SPDX-License-Identifier: Apache-2.0

/// Welch's t test, two-sided: whether two samples have the same mean, when their variances may differ.
///
/// Welch, "The Generalization of 'Student's' Problem when Several Different Population Variances are Involved", Biometrika 34 (1947).
package struct WelchTest: Equatable, Sendable {
    /// Mean of the first less mean of the second, in standard errors; infinite for two different constants.
    package let statistic: Double
    /// By Satterthwaite's approximation; nil where both variances are 0.
    package let degreesOfFreedom: Double?
    package let pValue: Double

    /// O(n + m). Nil when a sample has fewer than two values or one that is not finite, and for two equal constants.
    package init?(_ first: [Double], _ second: [Double]) {
        guard first.count > 1, second.count > 1, let before = Self.moments(of: first), let after = Self.moments(of: second)
        else { return nil }
        let n = Double(first.count)
        let m = Double(second.count)
        let firstShare = before.variance / n
        let secondShare = after.variance / m
        let error = (firstShare + secondShare).squareRoot()
        let difference = before.mean - after.mean
        guard error > 0 || difference != 0 else { return nil }
        statistic = difference / error
        guard error > 0 else {
            degreesOfFreedom = nil
            pValue = 0
            return
        }
        // Of the shares of the sum, not of the shares: those may be too small to square.
        let weight = firstShare / (firstShare + secondShare)
        let degrees = 1 / (weight * weight / (n - 1) + (1 - weight) * (1 - weight) / (m - 1))
        degreesOfFreedom = degrees
        pValue = StudentDistribution.twoSidedTail(statistic, degreesOfFreedom: degrees)
    }

    private static func moments(of values: [Double]) -> (mean: Double, variance: Double)? {
        guard values.allSatisfy(\.isFinite), let mean = PairwiseSum.mean(of: values) else { return nil }
        let squares = values.map { ($0 - mean) * ($0 - mean) }
        return (mean, PairwiseSum.of(squares) / Double(values.count - 1))
    }
}
