// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Whether two classifiers differ in how often they are right on the same rows: only rows that just one of them gets right tell.
///
/// McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika 12 (1947).
package struct McNemarTest: Codable, Equatable, Sendable {
    package let rows: Int
    /// Rows that the challenger alone gets right.
    package let challengerOnly: Int
    /// Rows that the champion alone gets right.
    package let championOnly: Int

    /// - Returns: Nil when the lists differ in length or are empty.
    package init?(challengerIsRight: [Bool], championIsRight: [Bool]) {
        guard !championIsRight.isEmpty, challengerIsRight.count == championIsRight.count else { return nil }
        var (challengerOnly, championOnly) = (0, 0)
        for (challenger, champion) in zip(challengerIsRight, championIsRight) where challenger != champion {
            if challenger { challengerOnly += 1 } else { championOnly += 1 }
        }
        self.init(rows: championIsRight.count, challengerOnly: challengerOnly, championOnly: championOnly)
    }

    /// - Returns: Nil unless the counts fit into the rows.
    package init?(rows: Int, challengerOnly: Int, championOnly: Int) {
        guard rows > 0, challengerOnly >= 0, championOnly >= 0, rows - challengerOnly >= championOnly else { return nil }
        self.rows = rows
        self.challengerOnly = challengerOnly
        self.championOnly = championOnly
    }

    /// By how much the challenger is right more often, as a share of all rows.
    package var estimate: Double { Double(challengerOnly - championOnly) / Double(rows) }

    /// Two-sided and exact: the chance of so uneven a split if each of the telling rows were a fair coin. 1 when no row tells.
    package var pValue: Double {
        min(1, 2 * BinomialShare.atMost(min(challengerOnly, championOnly), of: challengerOnly + championOnly, chance: 0.5))
    }

    /// χ² with one degree of freedom, with Edwards' correction of 1948 when asked for; nil when no row tells.
    package func chiSquare(isCorrected: Bool) -> (statistic: Double, pValue: Double)? {
        let telling = Double(challengerOnly + championOnly)
        guard telling > 0 else { return nil }
        let difference = abs(Double(challengerOnly - championOnly)) - (isCorrected ? 1 : 0)
        let statistic = difference * difference / telling
        return (statistic, NormalDistribution.twoSidedTail(statistic.squareRoot()))
    }

    /// Of the estimate, given how many rows tell: Clopper and Pearson's interval of the challenger's share of them. It excludes 0 exactly
    /// when `pValue` is below 1 − level. A single 0 when no row tells.
    package func interval(level: Double) -> ClosedRange<Double> {
        let telling = challengerOnly + championOnly
        guard let share = BinomialShare(successes: challengerOnly, trials: telling)?.interval(level: level) else { return 0...0 }
        let scale = Double(telling) / Double(rows)
        return (2 * share.lowerBound - 1) * scale...(2 * share.upperBound - 1) * scale
    }
}
