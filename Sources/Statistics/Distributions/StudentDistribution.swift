// SPDX-License-Identifier: Apache-2.0

/// Student's t distribution ("The Probable Error of a Mean", Biometrika 6, 1908).
package enum StudentDistribution {
    /// P(|T| ≥ |t|); O(√ν). Degrees of freedom may be fractional, and must be positive.
    package static func twoSidedTail(_ t: Double, degreesOfFreedom: Double) -> Double {
        guard !t.isNaN, !degreesOfFreedom.isNaN else { return .nan }
        guard t.isFinite else { return 0 }
        let square = t * t
        let total = degreesOfFreedom + square
        return IncompleteBeta.lower(degreesOfFreedom / total, complement: square / total, a: degreesOfFreedom / 2, b: 0.5)
    }
}
