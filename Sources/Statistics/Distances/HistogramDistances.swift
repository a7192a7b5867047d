// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Distances between the proportions of two histograms over the same bins or categories; each 0 when they are equal.
///
/// No proportion is raised from 0, unlike in `StabilityIndex`. Each is O(bins).
package struct HistogramDistances: Equatable, Sendable {
    private let baseline: [Double]
    private let window: [Double]

    /// Nil when either side is empty, a count is negative, or the bins differ in number.
    package init?(_ baseline: [Int], _ window: [Int]) {
        guard baseline.count == window.count, let before = Self.proportions(of: baseline), let after = Self.proportions(of: window)
        else { return nil }
        self.baseline = before
        self.window = after
    }

    /// Square root of the Jensen–Shannon divergence, a metric (Lin, "Divergence Measures Based on the Shannon Entropy", IEEE Transactions
    /// on Information Theory 37, 1991; Endres and Schindelin, the same 49, 2003).
    ///
    /// - Parameter base: Of the logarithm. At most 1 for base 2, and √(ln 2) for base e.
    package func jensenShannonDistance(base: Double = 2) -> Double {
        precondition(base > 1, "The base of a logarithm is above 1.")
        let terms = zip(baseline, window).map { p, q in
            let middle = (p + q) / 2
            return Self.relativeEntropy(p, middle) + Self.relativeEntropy(q, middle)
        }
        return max(0, PairwiseSum.of(terms) / log(base) / 2).squareRoot()
    }

    /// √(1 − Σ√(pq)), 0…1 (Hellinger 1909; Le Cam and Yang, "Asymptotics in Statistics", 2000), in a form that does not cancel.
    package var hellingerDistance: Double {
        let squares = zip(baseline, window).map { p, q in (p.squareRoot() - q.squareRoot()) * (p.squareRoot() - q.squareRoot()) }
        return min(1, (PairwiseSum.of(squares) / 2).squareRoot())
    }

    /// The largest change of any one proportion: L∞, 0…1.
    package var largestDifference: Double {
        zip(baseline, window).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    /// Half the sum of changes of proportion, 0…1: the mass that moved (Levin, Peres and Wilmer, "Markov Chains and Mixing Times", 2009).
    package var totalVariation: Double {
        PairwiseSum.of(zip(baseline, window).map { abs($0 - $1) }) / 2
    }

    /// Entropy of one histogram in bits (Shannon, "A Mathematical Theory of Communication", 1948); nil when it is empty.
    package static func entropy(of counts: [Int]) -> Double? {
        proportions(of: counts).map { proportions in
            -PairwiseSum.of(proportions.map { $0 > 0 ? $0 * log2($0) : 0 })
        }
    }

    private static func proportions(of counts: [Int]) -> [Double]? {
        let total = counts.reduce(0, +)
        guard total > 0, counts.allSatisfy({ $0 >= 0 }) else { return nil }
        return counts.map { Double($0) / Double(total) }
    }

    /// p · ln(p / q), with the accurate form for near values.
    private static func relativeEntropy(_ p: Double, _ q: Double) -> Double {
        guard p > 0 else { return 0 }
        let ratio = p / q
        return ratio > 0.5 && ratio < 2 ? p * log1p((p - q) / q) : p * log(ratio)
    }
}
