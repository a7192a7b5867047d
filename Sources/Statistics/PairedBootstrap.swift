// SPDX-License-Identifier: Apache-2.0

/// How much one model's mean loss differs from another's on the same rows, with a percentile bootstrap interval.
///
/// Rows are resampled as pairs, so what makes a row hard for both models cancels (Efron and Tibshirani 1993, chapter 13).
package struct PairedBootstrap: Codable, Equatable, Sendable {
    /// Mean loss of the challenger less that of the champion; negative means the challenger is better.
    package let estimate: Double
    package let lower: Double
    package let upper: Double
    /// The interval's nominal coverage, such as 0.95.
    package let level: Double

    /// The challenger's loss is lower by more than sampling noise explains.
    package var favoursChallenger: Bool { upper < 0 }
    package var favoursChampion: Bool { lower > 0 }

    /// O(rows · resamples) time, O(rows + resamples) memory. Takes one number from the generator.
    ///
    /// - Returns: Nil when the lists differ in length, have fewer than two rows, or hold a value that is not finite.
    package init?(
        challengerLosses: [Double], championLosses: [Double], level: Double = 0.95, resamples: Int = 2000,
        using generator: inout some RandomNumberGenerator
    ) {
        precondition(level > 0 && level < 1, "A confidence level lies between 0 and 1.")
        precondition(resamples > 0, "A bootstrap needs resamples.")
        guard challengerLosses.count == championLosses.count, challengerLosses.count > 1 else { return nil }
        let differences = zip(challengerLosses, championLosses).map { $0 - $1 }
        guard differences.allSatisfy(\.isFinite) else { return nil }
        let rows = UInt64(differences.count)
        // One draw seeds a concrete generator: the inner loop then runs without a call through a protocol.
        var draws = SplitMix64(seed: generator.next())
        var means: [Double] = []
        means.reserveCapacity(resamples)
        for _ in 0..<resamples {
            var sum = 0.0
            for _ in differences.indices { sum += differences[Int(draws.next(upperBound: rows))] }
            means.append(sum / Double(rows))
        }
        guard let quantiles = Quantiles(of: means) else { return nil }
        estimate = differences.reduce(0, +) / Double(rows)
        lower = quantiles[(1 - level) / 2]
        upper = quantiles[(1 + level) / 2]
        self.level = level
    }
}
