// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The logarithm of the gamma function at positive arguments in two classical arrangements.
///
/// Use `IncompleteGamma.logGamma`, which is the C library's, except where a published result rests on the rounding of one of these.
enum LogGamma {
    /// Stirling's series with Bernoulli coefficients beyond 7, reached by the recurrence (Abramowitz and Stegun 6.1.40; Amos,
    /// "Algorithm 610", ACM Transactions on Mathematical Software 9, 1983).
    static func stirling(_ x: Double) -> Double {
        let steps = max(0, 7 - Int(x))
        let shifted = x + Double(steps)
        let square = 1 / shifted * (1 / shifted)
        var power = 1 / shifted
        var sum = bernoulli[0] * power
        let smallest = sum * .ulpOfOne
        for coefficient in bernoulli.dropFirst() {
            power *= square
            let term = coefficient * power
            if abs(term) < smallest { break }
            sum += term
        }
        let logarithm = log(shifted)
        let rest = 0.5 * (1.837_877_066_409_345_48 - logarithm) + sum
        guard steps > 0 else { return x * (logarithm - 1) + rest }
        var product = 1.0
        for step in 0..<steps { product *= x + Double(step) }
        return shifted * (logarithm - 1) - log(product) + 0.5 * (1.837_877_066_409_345_48 - logarithm) + sum
    }

    /// At a multiple of one half: a logarithm of a product below 13, Stirling's series with minimax coefficients beyond (Moshier,
    /// "Methods and Programs for Mathematical Functions", 1989).
    static func atHalves(_ x: Double) -> Double {
        if x < 13 {
            var product = 1.0
            var argument = x
            while argument >= 3 {
                argument -= 1
                product *= argument
            }
            while argument < 2 {
                product /= argument
                argument += 1
            }
            return argument == 2 ? log(product) : log(product) + 0.284_682_870_472_919_2
        }
        let square = 1 / (x * x)
        let correction = minimax.dropFirst().reduce(minimax[0]) { $0 * square + $1 }
        return (x - 0.5) * log(x) - x + 0.918_938_533_204_672_741_78 + correction / x
    }

    private static let bernoulli: [Double] = [
        1 / 12.0, -1 / 360.0, 1 / 1260.0, -1 / 1680.0, 1 / 1188.0, -691 / 360_360.0, 1 / 156.0, -3617 / 122_400.0, 43_867 / 244_188.0,
        -174_611 / 125_400.0,
    ]
    private static let minimax: [Double] = [
        8.116_141_674_705_084_503_00e-4, -5.950_619_042_843_014_383_24e-4, 7.936_503_404_577_169_439_45e-4,
        -2.777_777_777_300_996_872_05e-3, 8.333_333_333_333_319_277_22e-2,
    ]
}
