// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How the share of rows with some property differs between a baseline and a window: exact by Fisher's test while counts are small.
package struct ShareComparison: Equatable, Sendable {
    package let baseline: Double
    package let window: Double
    package let pValue: Double
    package let isFisher: Bool
    /// What the difference comes to on average when nothing changed.
    package let noise: Double

    /// Nil when a side has no rows.
    package init?(_ before: Int, of baselineRows: Int, _ after: Int, of windowRows: Int) {
        guard baselineRows > 0, windowRows > 0, (0...baselineRows).contains(before), (0...windowRows).contains(after) else { return nil }
        let (n, m) = (Double(baselineRows), Double(windowRows))
        (baseline, window) = (Double(before) / n, Double(after) / m)
        let share = Double(before + after) / (n + m)
        noise = (2 / Double.pi * share * (1 - share) * (1 / n + 1 / m)).squareRoot()
        let first = [before, baselineRows - before]
        let second = [after, windowRows - after]
        isFisher = min(share, 1 - share) * min(n, m) < 1000
        let exact = isFisher ? FisherExactTest(first, second)?.pValue : nil
        pValue = exact ?? ChiSquareTest(first, second)?.pValue ?? 1
    }

    package var difference: Double { window - baseline }
    /// The size of the difference less its noise, never below 0.
    package var excess: Double { max(0, abs(difference) - noise) }
}
