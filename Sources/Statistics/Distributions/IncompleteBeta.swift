// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The regularised incomplete beta function, from which Student's t probabilities follow.
package enum IncompleteBeta {
    /// I(x; a, b), for a, b > 0; 0 at x ≤ 0 and 1 at x ≥ 1.
    ///
    /// Gauss's continued fraction by Lentz's method on the side where it converges (DiDonato and Morris, "Algorithm 708",
    /// ACM Transactions on Mathematical Software 18, 1992), so that small values keep their relative accuracy.
    /// O(√max(a, b)) steps.
    package static func lower(_ x: Double, a: Double, b: Double) -> Double {
        lower(x, complement: 1 - x, a: a, b: b)
    }

    /// As above where 1 − x is known better than subtraction can give it.
    static func lower(_ x: Double, complement y: Double, a: Double, b: Double) -> Double {
        precondition(a > 0 && b > 0, "The parameters of a beta distribution are positive.")
        guard !x.isNaN, !y.isNaN else { return .nan }
        guard x > 0 else { return 0 }
        guard y > 0 else { return 1 }
        if x > (a + 1) / (a + b + 2) { return 1 - fraction(y, x, b, a) }
        return fraction(x, y, a, b)
    }

    private static func fraction(_ x: Double, _ y: Double, _ a: Double, _ b: Double) -> Double {
        let logX = x > 0.5 ? log1p(-y) : log(x)
        let logY = y > 0.5 ? log1p(-x) : log(y)
        let scale = exp(a * logX + b * logY - logBeta(a, b)) / a
        guard scale > 0 else { return 0 }
        let tiny = Double.leastNormalMagnitude / .ulpOfOne
        func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / kept(1 - (a + b) * x / (a + 1))
        var result = d
        for step in 1...100_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / kept(1 + even * d)
            c = kept(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / kept(1 + odd * d)
            c = kept(1 + odd / c)
            let factor = d * c
            result *= factor
            if abs(factor - 1) < .ulpOfOne { break }
        }
        return scale * result
    }

    private static func logBeta(_ a: Double, _ b: Double) -> Double {
        let (small, large) = (min(a, b), max(a, b))
        guard large >= 1000 else {
            return IncompleteGamma.logGamma(a) + IncompleteGamma.logGamma(b) - IncompleteGamma.logGamma(a + b)
        }
        // ln Γ(large) − ln Γ(large + small) by Stirling's series, because the difference of two big logarithms loses digits.
        let sum = large + small
        func correction(_ z: Double) -> Double { (1 / 12.0 - (1 / 360.0 - 1 / (1260 * z * z)) / (z * z)) / z }
        let difference = -(large - 0.5) * log1p(small / large) - small * log(sum) + small + correction(large) - correction(sum)
        return small < 1000
            ? IncompleteGamma.logGamma(small) + difference
            : (small - 0.5) * log(small) - small + 0.5 * log(2 * Double.pi) + correction(small) + difference
    }
}
