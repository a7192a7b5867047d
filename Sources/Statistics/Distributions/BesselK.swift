// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The modified Bessel function of the second kind of order one quarter, at a positive argument.
///
/// Temme's power series up to 2 ("On the Numerical Evaluation of the Modified Bessel Function of the Third Kind", Journal of
/// Computational Physics 19, 1975) and Miller's backward recurrence beyond, arranged as in Amos, "Algorithm 644", ACM Transactions
/// on Mathematical Software 12 (1986). The Cramér–von Mises tail is one less a sum of these values, so that agreeing with other
/// implementations there takes agreeing here to nearly the last bit, errors included.
enum BesselK {
    private static let order = 0.25

    /// K₁⸝₄(x). O(1).
    static func quarter(_ x: Double) -> Double {
        x <= 2 ? series(x) : recurrence(x)
    }

    private static func series(_ x: Double) -> Double {
        let reflection = order * .pi * (1 / sin(order * .pi))
        let exponent = logarithm(2 / x) * order
        let gammaAbove = exp(-LogGamma.stirling(1 + order))
        let gammaBelow = 1 / (gammaAbove * reflection)
        let odd = (gammaBelow - gammaAbove) / (2 * order)
        let even = 0.5 * (gammaBelow + gammaAbove)
        var f = reflection * (odd * cosh(exponent) + sinh(exponent) / order * even)
        let power = exp(exponent)
        var p = 0.5 / gammaAbove * power
        var q = 0.5 / gammaBelow / power
        let quarterSquare = x * x * 0.25
        var sum = f
        var k = 1.0
        var size = 1.0
        var coefficient = 1.0
        var divisor = 1 - order * order
        repeat {
            f = (f * k + p + q) / divisor
            p /= k - order
            q /= k + order
            let inverse = 1 / k
            coefficient *= quarterSquare * inverse
            sum += coefficient * f
            size *= quarterSquare * inverse
            divisor += k + k + 1
            k += 1
        } while size > .ulpOfOne
        return sum
    }

    /// Near 1 by the difference from 1.
    private static func logarithm(_ ratio: Double) -> Double {
        ratio > 1 && ratio < 2 ? log1p((ratio - 1) * (ratio + 1)) / 2 : log(ratio)
    }

    private static func recurrence(_ x: Double) -> Double {
        let steps = startingIndex(x)
        var k = Double(steps)
        var square = k * k
        let offset = 0.25 - order * order
        var previous = 0.0
        var current = Double.ulpOfOne
        var sum = current
        for _ in 0..<steps {
            let below = square - k
            let ratio = (square + k) / (below + offset)
            let next = (current * ((k + x) * (2 / (k + 1))) - previous) * ratio
            previous = current
            current = next
            sum += current
            square = below - k + 1
            k -= 1
        }
        let scale = 1 / abs(sum)
        let leading = (Double.pi / 2).squareRoot() / x.squareRoot() * exp(-x)
        return scale * current * (leading * (sum * scale))
    }

    /// Where the backward recurrence must begin to reach full accuracy (Amos 1986, for 53 binary digits).
    private static func startingIndex(_ x: Double) -> Int {
        let cosine = abs(cos(.pi * order))
        let digits = 52.0
        if x < 2.0 / 3 * digits - 6 {
            let size = log(cosine * 1.897_699_993_315_177_38 / (.ulpOfOne * x.squareRoot().squareRoot())) + x / (1 + 0.008 * x)
            return Int(0.12125 * size * size / x + 1.5)
        }
        let target = cosine / (.pi * x * .ulpOfOne)
        guard target >= 1 else { return 1 }
        var (before, now, k) = (0.0, 1.0, 1.0)
        var (numerator, denominator, slope) = (0.25 - order * order, 2.0, x + x + 2)
        for _ in 0..<30 {
            let next = slope / (k + 1) * now - numerator / denominator * before
            before = now
            now = next
            slope += 2
            denominator += k + k + 2
            numerator += k + k
            k += 1
            if target < abs(now) * k { break }
        }
        return Int(k)
    }
}
