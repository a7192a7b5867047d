// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The standard normal distribution.
package enum NormalDistribution {
    /// P(Z ≥ z), keeping its relative accuracy far out (Cody, "Rational Chebyshev Approximations for the Error Function",
    /// Mathematics of Computation 23, 1969, in the C library's `erfc`). O(1).
    package static func upperTail(_ z: Double) -> Double {
        erfc(z * 0.5.squareRoot()) / 2
    }
}
