// SPDX-License-Identifier: Apache-2.0

/// Mean, spread and shape of a sample held in memory, from two passes over it.
///
/// More accurate than one pass of `Moments` where the spread is tiny against the mean; use that for streams and for merging.
package struct SampleSummary: Equatable, Sendable {
    package let count: Int
    package let mean: Double
    /// Divides by n.
    package let populationVariance: Double
    /// Different values; values are compared exactly, and 0 equals −0.
    package let distinctCount: Int
    /// Third central moment over the 3/2 power of the second, both divided by n (Fisher and Pearson's g₁; Joanes and Gill,
    /// "Comparing measures of sample skewness and kurtosis", The Statistician 47, 1998).
    ///
    /// Nil when the spread is no more than the rounding of the mean, as for a constant.
    package let skewness: Double?

    /// O(n log n), for counting different values. Nil when there are no values or one of them is not finite.
    package init?(_ values: [Double]) {
        guard values.allSatisfy(\.isFinite), let mean = PairwiseSum.mean(of: values) else { return nil }
        count = values.count
        self.mean = mean
        let deviations = values.map { $0 - mean }
        let squares = deviations.map { $0 * $0 }
        let second = PairwiseSum.of(squares) / Double(values.count)
        populationVariance = second
        let third = PairwiseSum.of(zip(squares, deviations).map { $0 * $1 }) / Double(values.count)
        let rounding = Double.ulpOfOne * mean
        skewness = second <= rounding * rounding ? nil : third / (second * second.squareRoot())
        let sorted = values.sorted()
        distinctCount = zip(sorted, sorted.dropFirst()).count { $0 != $1 } + 1
    }

    /// Divides by n − 1; nil for a single value.
    package var sampleVariance: Double? {
        count > 1 ? populationVariance * (Double(count) / Double(count - 1)) : nil
    }

    package var populationDeviation: Double { populationVariance.squareRoot() }
    package var sampleDeviation: Double? { sampleVariance?.squareRoot() }
}
