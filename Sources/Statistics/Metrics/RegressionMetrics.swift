// SPDX-License-Identifier: Apache-2.0

/// How far predicted numbers are from true ones, on one set of rows. Definitions and values agree with scikit-learn's.
///
/// Hyndman and Koehler, "Another Look at Measures of Forecast Accuracy", International Journal of Forecasting 22 (2006), compares them.
package struct RegressionMetrics: Codable, Equatable, Sendable {
    package let rowCount: Int
    package let meanAbsoluteError: Double
    package let meanSquaredError: Double
    package let medianAbsoluteError: Double
    package let largestError: Double
    /// Mean of predicted less true: positive when predictions are too high.
    package let bias: Double
    /// As a fraction of the true value. A true value of 0 counts as 2⁻⁵², so that the result is huge rather than infinite:
    /// do not use it for values that may be 0.
    package let meanAbsolutePercentageError: Double
    /// 1 − squared errors over squared deviations of the true values from their mean; nil when those are all equal.
    package let determination: Double?

    package var rootMeanSquaredError: Double { meanSquaredError.squareRoot() }

    /// O(n log n), for the median. Nil when there are no rows, the lists differ in length, or a value is not finite.
    package init?(predicted: [Double], actual: [Double]) {
        guard predicted.count == actual.count, predicted.allSatisfy(\.isFinite), actual.allSatisfy(\.isFinite),
            let mean = PairwiseSum.mean(of: actual)
        else { return nil }
        let rows = Double(actual.count)
        let errors = zip(predicted, actual).map { $0 - $1 }
        let sizes = errors.map { abs($0) }
        guard let quantiles = Quantiles(of: sizes) else { return nil }
        rowCount = actual.count
        meanAbsoluteError = PairwiseSum.of(sizes) / rows
        meanSquaredError = PairwiseSum.of(errors.map { $0 * $0 }) / rows
        medianAbsoluteError = quantiles.median
        largestError = quantiles[1]
        bias = PairwiseSum.of(errors) / rows
        meanAbsolutePercentageError = PairwiseSum.of(zip(sizes, actual).map { $0 / max(abs($1), .ulpOfOne) }) / rows
        let spread = PairwiseSum.of(actual.map { ($0 - mean) * ($0 - mean) })
        determination = spread > 0 ? 1 - meanSquaredError * rows / spread : nil
    }
}
