// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a count of successes in a number of trials says about their share.
package struct BinomialShare: Equatable, Sendable {
    package let successes: Int
    package let trials: Int

    /// - Returns: Nil unless 0 ≤ successes ≤ trials and there is a trial.
    package init?(successes: Int, trials: Int) {
        guard trials > 0, (0...trials).contains(successes) else { return nil }
        self.successes = successes
        self.trials = trials
    }

    package var estimate: Double { Double(successes) / Double(trials) }

    /// Clopper and Pearson's exact interval (1934): covers the true share at least as often as `level` says.
    package func interval(level: Double) -> ClosedRange<Double> {
        precondition(level > 0 && level < 1, "A confidence level lies between 0 and 1.")
        let tail = (1 - level) / 2
        let lower =
            successes == 0 ? 0 : Self.share { RegularizedBeta.value($0, Double(successes), Double(trials - successes + 1)) < tail }
        let upper =
            successes == trials ? 1 : Self.share { RegularizedBeta.value($0, Double(successes + 1), Double(trials - successes)) < 1 - tail }
        return min(lower, upper)...upper
    }

    /// The chance of at most `successes` when each trial succeeds with `chance`.
    static func atMost(_ successes: Int, of trials: Int, chance: Double) -> Double {
        if successes < 0 { return 0 }
        if successes >= trials { return 1 }
        return RegularizedBeta.value(1 - chance, Double(trials - successes), Double(successes + 1))
    }

    /// Where `isBelow` turns false, by halving until neighbouring numbers are reached.
    private static func share(where isBelow: (Double) -> Bool) -> Double {
        var (low, high) = (0.0, 1.0)
        for _ in 0..<200 {
            let middle = low + (high - low) / 2
            guard middle > low, middle < high else { break }
            if isBelow(middle) { low = middle } else { high = middle }
        }
        return low + (high - low) / 2
    }
}

/// The regularized incomplete beta function Iₓ(a, b), the distribution of a share.
enum RegularizedBeta {
    /// Lentz's evaluation of the continued fraction (Press et al., Numerical Recipes, section 6.4), on the side where it converges fast.
    static func value(_ x: Double, _ a: Double, _ b: Double) -> Double {
        precondition(a > 0 && b > 0 && (0...1).contains(x), "Shapes are positive, a share lies between 0 and 1.")
        if x == 0 || x == 1 { return x }
        if x > (a + 1) / (a + b + 2) { return 1 - value(1 - x, b, a) }
        let logFront = a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)
        return exp(logFront) / a * (fraction(x, a, b) - 1)
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        func awayFromZero(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
        var (value, c, d) = (1.0, 1.0, 0.0)
        for step in 0..<100_000 {
            let m = Double(step / 2)
            let term =
                if step == 0 {
                    1.0
                } else if step.isMultiple(of: 2) {
                    m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                } else {
                    -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                }
            d = 1 / awayFromZero(1 + term * d)
            c = awayFromZero(1 + term / c)
            value *= c * d
            if abs(c * d - 1) < 1e-15 { break }
        }
        return value
    }
}
