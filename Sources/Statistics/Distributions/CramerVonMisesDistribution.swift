// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The limiting distribution of the Cramér–von Mises statistic.
///
/// Csörgő and Faraway, "The Exact and Asymptotic Distributions of Cramér–von Mises Statistics", Journal of the Royal Statistical
/// Society B 58 (1996), second line of equation (1.3).
enum CramerVonMisesDistribution {
    /// P(W² > x) as one less the series up to its first term below 1e-7: probabilities below about 1e-7 say "tiny" and no more.
    ///
    /// O(√x) terms.
    static func survival(_ x: Double) -> Double {
        var below = 0.0
        var k = 0.0
        while true {
            let ratio = exp(LogGamma.atHalves(k + 0.5) - LogGamma.atHalves(k + 1)) / (pow(.pi, 1.5) * x.squareRoot())
            let step = 4 * k + 1
            let argument = step * step / (16 * x)
            let term = ratio * step.squareRoot() * exp(-argument) * BesselK.quarter(argument)
            below += term
            k += 1
            if !(abs(term) >= 1e-7) { break }
        }
        return max(0, 1 - below)
    }
}
