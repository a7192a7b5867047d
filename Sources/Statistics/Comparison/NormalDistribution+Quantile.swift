// SPDX-License-Identifier: Apache-2.0
import Foundation

extension NormalDistribution {
    /// P(|Z| ≥ |z|).
    static func twoSidedTail(_ z: Double) -> Double { 2 * upperTail(abs(z)) }

    /// The value that a share of `probability` lies below; ±∞ at 0 and 1.
    ///
    /// Acklam's rational approximation (2003), made exact to the last digits by two of Halley's steps.
    static func quantile(_ probability: Double) -> Double {
        precondition((0...1).contains(probability), "A probability lies between 0 and 1.")
        if probability == 0 { return -.infinity }
        if probability == 1 { return .infinity }
        if probability > 0.5 { return -quantile(1 - probability) }
        var z = approximate(probability)
        for _ in 0..<2 {
            let error = (upperTail(-z) - probability) * (2 * Double.pi).squareRoot() * exp(z * z / 2)
            z -= error / (1 + z * error / 2)
        }
        return z
    }

    /// Of at most one half, with a relative error below 1.15e-9.
    private static func approximate(_ probability: Double) -> Double {
        func value(_ coefficients: [Double], _ x: Double) -> Double { coefficients.reduce(0) { $0 * x + $1 } }
        if probability < 0.02425 {
            let x = (-2 * log(probability)).squareRoot()
            return value(tailNumerator, x) / value(tailDenominator + [1], x)
        }
        let x = probability - 0.5
        return x * value(centreNumerator, x * x) / value(centreDenominator + [1], x * x)
    }

    private static let centreNumerator = [
        -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01,
        2.506628277459239e+00,
    ]
    private static let centreDenominator = [
        -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01,
    ]
    private static let tailNumerator = [
        -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00,
        2.938163982698783e+00,
    ]
    private static let tailDenominator = [
        7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00,
    ]
}
