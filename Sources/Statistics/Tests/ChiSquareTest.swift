// SPDX-License-Identifier: Apache-2.0

/// Pearson's chi-square test of independence on a 2×K table.
///
/// Pearson, "On the criterion that a given system of deviations …", Philosophical Magazine 50 (1900), with Fisher's degrees of freedom
/// ("On the Interpretation of χ² from Contingency Tables", Journal of the Royal Statistical Society 85, 1922). Both rows are samples:
/// unlike a goodness-of-fit test, the baseline is not taken as exact, which would flag unchanged data far more often than the
/// stated level.
package struct ChiSquareTest: Equatable, Sendable {
    package let statistic: Double
    package let degreesOfFreedom: Int
    package let pValue: Double

    /// O(K), or O(K log K) with pooling. Columns empty on both sides do not count.
    ///
    /// - Parameters:
    ///   - minimumExpected: Columns whose expected count is below this in either row are added together, and the next smallest with them
    ///     until their sum reaches it; 0 pools nothing.
    ///   - correctingContinuity: Move each count of a 2×2 table up to one half towards its expectation (Yates, "Contingency Tables
    ///     Involving Small Numbers and the χ² Test", Supplement to the Journal of the Royal Statistical Society 1, 1934). Wider
    ///     tables are not corrected.
    /// - Returns: Nil when a row is empty, a count is negative, the rows differ in length, or fewer than two columns remain.
    package init?(_ first: [Int], _ second: [Int], minimumExpected: Double = 0, correctingContinuity: Bool = false) {
        guard var table = ContingencyTable(first, second) else { return nil }
        table.pool(untilExpected: minimumExpected)
        guard table.columns.count > 1 else { return nil }
        let largestStep = correctingContinuity && table.columns.count == 2 ? 0.5 : 0
        func term(_ observed: Double, _ expected: Double) -> Double {
            let gap = max(abs(observed - expected) - largestStep, 0)
            return gap * gap / expected
        }
        var sum = 0.0
        for column in table.columns {
            let expected = table.expected(column)
            sum += term(column.first, expected.first)
            sum += term(column.second, expected.second)
        }
        statistic = sum
        degreesOfFreedom = table.degreesOfFreedom
        pValue = IncompleteGamma.upper(shape: Double(degreesOfFreedom) / 2, sum / 2)
    }
}
