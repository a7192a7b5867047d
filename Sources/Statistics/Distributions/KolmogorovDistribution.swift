// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The distribution of Kolmogorov's one-sample statistic D for a finite sample.
///
/// The choice of method by region follows Simard and L'Ecuyer, "Computing the Two-Sided Kolmogorov–Smirnov
/// Distribution", Journal of Statistical Software 39 (2011).
enum KolmogorovDistribution {
    /// P(D > d) for a sample of this size; 0 beyond what a Double can tell.
    ///
    /// O(size) in the upper tail, O((size · d)³ log size) for the exact matrix method on small samples, O(1) otherwise.
    static func survival(_ d: Double, sampleSize: Int) -> Double {
        guard sampleSize > 0, d > 0 else { return 1 }
        guard d < 1 else { return 0 }
        let n = Double(sampleSize)
        guard n * d > 0.5 else { return 1 }
        let region = n * d * d
        if region >= 370 { return 0 }
        if d >= 0.5 || region >= (sampleSize <= 140 ? 4 : 2.2) {
            return min(1, 2 * oneSidedSurvival(d, sampleSize))
        }
        let isSmall = sampleSize <= 140 || (sampleSize <= 100_000 && n * d.squareRoot() * d <= 1.4)
        let below = isSmall ? matrixProbability(d, sampleSize) : pelzGoodProbability(d, n)
        return min(max(1 - below, 0), 1)
    }

    /// P(D⁺ ≥ d), exactly (Birnbaum and Tingey 1951). Twice this is the two-sided tail where both sides cannot happen at once.
    private static func oneSidedSurvival(_ d: Double, _ sampleSize: Int) -> Double {
        let n = Double(sampleSize)
        var logBinomial = 0.0
        var sum = 0.0
        for j in 0...Int(n * (1 - d)) {
            let share = d + Double(j) / n
            let rest = 1 - share
            if rest > 0 { sum += exp(logBinomial + Double(j - 1) * log(share) + Double(sampleSize - j) * log(rest)) }
            logBinomial += log(Double(sampleSize - j) / Double(j + 1))
        }
        return min(1, d * sum)
    }

    /// P(D < d) by Durbin's matrix (Marsaglia, Tsang and Wang, Journal of Statistical Software 8, 2003).
    private static func matrixProbability(_ d: Double, _ sampleSize: Int) -> Double {
        let n = Double(sampleSize)
        let k = Int(n * d) + 1
        let size = 2 * k - 1
        let h = Double(k) - n * d
        var matrix = SquareMatrix(size: size)
        for row in 0..<size {
            for column in 0..<size where row - column + 1 >= 0 { matrix[row, column] = 1 }
        }
        for index in 0..<size {
            matrix[index, 0] -= pow(h, Double(index + 1))
            matrix[size - 1, index] -= pow(h, Double(size - index))
        }
        matrix[size - 1, 0] += 2 * h - 1 > 0 ? pow(2 * h - 1, Double(size)) : 0
        for row in 0..<size {
            for column in 0..<size where row - column + 1 > 0 {
                matrix[row, column] /= exp(IncompleteGamma.logGamma(Double(row - column + 2)))
            }
        }
        let (power, exponent) = matrix.raised(to: sampleSize)
        var logProbability = log(power[k - 1, k - 1]) + Double(exponent) * log(2.0)
        for i in 1...sampleSize { logProbability += log(Double(i) / n) }
        return exp(logProbability)
    }

    /// P(D < d) for large samples: four terms of the expansion in 1/√n (Pelz and Good, JRSS B 38, 1976).
    private static func pelzGoodProbability(_ d: Double, _ n: Double) -> Double {
        let z = n.squareRoot() * d
        let z2 = z * z
        let z4 = z2 * z2
        let z6 = z4 * z2
        let z8 = z4 * z4
        let pi2 = Double.pi * .pi
        let pi4 = pi2 * pi2
        let pi6 = pi4 * pi2
        var k0 = 0.0
        var k1 = 0.0
        var k2 = 0.0
        var k3 = 0.0
        for k in 1...40 {
            let m2 = Double((2 * k - 1) * (2 * k - 1))
            let weight = exp(-pi2 * m2 / (8 * z2))
            let m4 = m2 * m2
            k0 += weight
            k1 += weight * (pi2 * m2 / 4 - z2)
            k2 += weight * (6 * z6 + 2 * z4 + pi2 * m2 * (2 * z4 - 5 * z2) / 4 + pi4 * m4 * (1 - 2 * z2) / 16)
            let third = pi2 * m2 * (135 * z4 - 96 * z6) / 4 + pi4 * m4 * (212 * z4 - 60 * z2) / 16
            k3 += weight * (third + pi6 * m4 * m2 * (5 - 30 * z2) / 64 - 30 * z6 - 90 * z8)
        }
        var even2 = 0.0
        var even3 = 0.0
        for k in 1...40 {
            let k2pi2 = Double(k * k) * pi2
            let weight = exp(-k2pi2 / (2 * z2))
            even2 += k2pi2 * weight
            even3 += k2pi2 * (3 * z2 - k2pi2) * weight
        }
        let root = (2 * Double.pi).squareRoot()
        let first = k0 / z
        let second = k1 / (6 * z4)
        let third = k2 / (72 * z6 * z) - even2 / (36 * z2 * z)
        let fourth = k3 / (6480 * z8 * z2) + even3 / (216 * z6)
        return root * (first + second / n.squareRoot() + third / n + fourth / (n * n.squareRoot()))
    }
}
