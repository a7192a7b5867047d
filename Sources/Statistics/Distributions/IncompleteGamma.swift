// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The regularised incomplete gamma function, from which chi-square probabilities follow.
package enum IncompleteGamma {
    /// Q(a, x) = Γ(a, x) / Γ(a): the chance that a gamma variable of this shape exceeds x; 1 at x ≤ 0.
    ///
    /// The power series of P below x = a + 1 and Legendre's continued fraction by Lentz's method above it (Abramowitz and
    /// Stegun 6.5.29 and 6.5.31), so that small tail probabilities keep their relative accuracy. O(√a) terms near x = a.
    package static func upper(shape a: Double, _ x: Double) -> Double {
        precondition(a > 0, "The shape of a gamma distribution is positive.")
        guard x > 0 else { return 1 }
        guard x.isFinite else { return x.isNaN ? .nan : 0 }
        let scale = exp(a * log(x) - x - logGamma(a))
        return x < a + 1 ? 1 - scale * lowerSeries(a, x) : scale * upperFraction(a, x)
    }

    /// Natural logarithm of |Γ(x)|; the reentrant C function, because plain `lgamma` writes a global.
    static func logGamma(_ x: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }

    private static func lowerSeries(_ a: Double, _ x: Double) -> Double {
        var term = 1 / a
        var sum = term
        var k = a
        repeat {
            k += 1
            term *= x / k
            sum += term
        } while term > sum * .ulpOfOne / 4
        return sum
    }

    private static func upperFraction(_ a: Double, _ x: Double) -> Double {
        let tiny = Double.leastNormalMagnitude / .ulpOfOne
        var b = x + 1 - a
        var c = 1 / tiny
        var d = 1 / b
        var fraction = d
        for step in 1...10_000 {
            let i = Double(step)
            let numerator = -i * (i - a)
            b += 2
            d = numerator * d + b
            d = 1 / (abs(d) < tiny ? tiny : d)
            c = b + numerator / c
            if abs(c) < tiny { c = tiny }
            let factor = c * d
            fraction *= factor
            if abs(factor - 1) < .ulpOfOne { break }
        }
        return fraction
    }
}
