// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The G test of independence on a 2×K table: twice the log likelihood ratio, in nats, compared with chi-square.
///
/// Wilks, "The Large-Sample Distribution of the Likelihood Ratio for Testing Composite Hypotheses", Annals of Mathematical Statistics 9
/// (1938); Woolf, "The Log Likelihood Ratio Test (the G-Test)", Annals of Human Genetics 21 (1957). Without continuity correction.
package struct LikelihoodRatioTest: Equatable, Sendable {
    package let statistic: Double
    package let degreesOfFreedom: Int
    package let pValue: Double

    /// O(K). Nil in the same cases as `ChiSquareTest`.
    package init?(_ first: [Int], _ second: [Int]) {
        guard let table = ContingencyTable(first, second), table.columns.count > 1 else { return nil }
        func term(_ observed: Double, _ expected: Double) -> Double {
            observed > 0 ? 2 * observed * log(observed / expected) : 0
        }
        let firstTerms = table.columns.map { term($0.first, table.expected($0).first) }
        let secondTerms = table.columns.map { term($0.second, table.expected($0).second) }
        statistic = max(0, PairwiseSum.of(firstTerms + secondTerms))
        degreesOfFreedom = table.degreesOfFreedom
        pValue = IncompleteGamma.upper(shape: Double(degreesOfFreedom) / 2, statistic / 2)
    }
}
