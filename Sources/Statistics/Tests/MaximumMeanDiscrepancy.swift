// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Maximum mean discrepancy of two multivariate samples under the Gaussian kernel exp(−γ‖x − y‖²).
///
/// Gretton, Borgwardt, Rasch, Schölkopf and Smola, "A Kernel Two-Sample Test", Journal of Machine Learning Research 13 (2012). Sees changes
/// in how columns go together that no test of single columns can see. Pairs of rows cost O(N²·d) time and O(N²) memory for N
/// pooled rows of d columns, so beyond `rowLimit` rows an even random sample of each side stands for it.
package struct MaximumMeanDiscrepancy: Sendable {
    package enum Kernel: Equatable, Sendable {
        case gamma(Double)
        /// γ = 1 / (2σ²), σ being the median distance between two different rows of the pooled sample (Gretton et al. 2012, section 8).
        case medianDistance
    }

    /// Rows taken from each side.
    package let firstCount: Int
    package let secondCount: Int
    package let gamma: Double
    /// The median distance, where it chose γ.
    package let sigma: Double?
    /// The squared discrepancy with rows paired with themselves: never negative, too large by about 1/n + 1/m.
    package let biased: Double
    /// Without those pairs: right on average, and negative about half the time when nothing changed. Nil with one row on a side.
    package let unbiased: Double?

    /// Row by row, N·N.
    private let kernel: [Double]
    private let rowSums: [Double]

    /// - Parameter generator: Used only to choose rows beyond the limit.
    /// - Returns: Nil when a side is empty, rows differ in length or hold a value that is not finite, γ is not positive, or all rows are
    ///   equal so that the median distance is 0.
    package init?(
        _ first: [[Double]], _ second: [[Double]], kernel choice: Kernel = .medianDistance, rowLimit: Int = 2000,
        using generator: inout some RandomNumberGenerator
    ) {
        precondition(rowLimit >= 4, "A limit below four rows leaves nothing to compare.")
        guard let columns = first.first?.count, columns > 0, !second.isEmpty,
            (first + second).allSatisfy({ $0.count == columns && $0.allSatisfy(\.isFinite) })
        else { return nil }
        var (before, after) = (first, second)
        if first.count + second.count > rowLimit {
            let share = Int((Double(rowLimit) * Double(first.count) / Double(first.count + second.count)).rounded())
            let fewest = max(min(2, first.count), rowLimit - second.count)
            let firstRows = min(max(share, fewest), first.count, rowLimit - min(2, second.count))
            before = Array(first.shuffled(using: &generator).prefix(firstRows))
            after = Array(second.shuffled(using: &generator).prefix(rowLimit - firstRows))
        }
        let rows = before + after
        let count = rows.count
        var squares = [Double](repeating: 0, count: count * count)
        for i in rows.indices {
            for j in 0..<i {
                var sum = 0.0
                for column in 0..<columns {
                    let difference = rows[i][column] - rows[j][column]
                    sum += difference * difference
                }
                squares[i * count + j] = sum
                squares[j * count + i] = sum
            }
        }
        switch choice {
        case .gamma(let gamma):
            guard gamma > 0, gamma.isFinite else { return nil }
            (self.gamma, sigma) = (gamma, nil)
        case .medianDistance:
            let distances = (0..<count).flatMap { i in (0..<i).map { squares[i * count + $0].squareRoot() } }
            guard let median = Quantiles(of: distances)?.median, median > 0 else { return nil }
            (gamma, sigma) = (1 / (2 * median * median), median)
        }
        let scale = -gamma
        kernel = squares.map { exp(scale * $0) }
        let values = kernel
        rowSums = (0..<count).map { PairwiseSum.of(Array(values[$0 * count..<($0 + 1) * count])) }
        firstCount = before.count
        secondCount = after.count
        let sums = Self.sums(kernel: kernel, rowSums: rowSums, first: Array(0..<before.count), count: count)
        biased = Self.biased(sums, before.count, after.count)
        unbiased = Self.unbiased(sums, before.count, after.count)
    }

    /// The share of random relabellings, counting the observed one, with a biased discrepancy at least as large; never 0.
    ///
    /// O(permutations · n²) for n rows on the first side (Phipson and Smyth, "Permutation P-values Should Never Be Zero", Statistical
    /// Applications in Genetics and Molecular Biology 9, 2010).
    package func pValue(permutations: Int, using generator: inout some RandomNumberGenerator) -> Double {
        precondition(permutations > 0, "A permutation test needs permutations.")
        var draws = SplitMix64(seed: generator.next())
        let count = firstCount + secondCount
        var order = Array(0..<count)
        // Rounding must not make an equal relabelling smaller.
        let limit = biased - 1e-12 * abs(biased)
        var reached = 0
        for _ in 0..<permutations {
            for place in 0..<firstCount { order.swapAt(place, place + Int(draws.next(upperBound: UInt64(count - place)))) }
            let sums = Self.sums(kernel: kernel, rowSums: rowSums, first: Array(order[..<firstCount]), count: count)
            if Self.biased(sums, firstCount, secondCount) >= limit { reached += 1 }
        }
        return Double(reached + 1) / Double(permutations + 1)
    }

    private struct Sums {
        var first: Double
        var second: Double
        var between: Double
    }

    /// Sums of the kernel within and between the sides: only pairs within the first are visited, the rest follows from row sums.
    private static func sums(kernel: [Double], rowSums: [Double], first: [Int], count: Int) -> Sums {
        kernel.withUnsafeBufferPointer { kernel in
            var within = 0.0
            var reaching = 0.0
            for (place, i) in first.enumerated() {
                let row = i * count
                var sum = 0.0
                for other in 0..<place { sum += kernel[row + first[other]] }
                within += 2 * sum
                within += kernel[row + i]
                reaching += rowSums[i]
            }
            let total = PairwiseSum.of(rowSums)
            let between = reaching - within
            return Sums(first: within, second: total - within - 2 * between, between: between)
        }
    }

    private static func biased(_ sums: Sums, _ n: Int, _ m: Int) -> Double {
        let (n, m) = (Double(n), Double(m))
        return sums.first / (n * n) + sums.second / (m * m) - 2 * sums.between / (n * m)
    }

    /// Each row's kernel with itself is 1.
    private static func unbiased(_ sums: Sums, _ n: Int, _ m: Int) -> Double? {
        guard n > 1, m > 1 else { return nil }
        let (n, m) = (Double(n), Double(m))
        return (sums.first - n) / (n * (n - 1)) + (sums.second - m) / (m * (m - 1)) - 2 * sums.between / (n * m)
    }
}
