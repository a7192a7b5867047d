// SPDX-License-Identifier: Apache-2.0

/// How much one model's mean loss differs from another's on the same rows, with a percentile bootstrap interval.
///
/// Rows are resampled as pairs, so what makes a row hard for both models cancels (Efron and Tibshirani 1993, chapter 13). Rows that share
/// a cause, such as the weather of one day, are not independent: given as blocks, they are resampled together (the cluster bootstrap of
/// Field and Welsh 2007), which keeps the interval honest.
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

    /// O(blocks · resamples) time, O(rows + resamples) memory. Takes one number from the generator.
    ///
    /// - Parameter blocks: The block of each row; each row is its own when nil.
    /// - Returns: Nil when the lists differ in length, have fewer than two blocks, or hold a value that is not finite.
    package init?(
        challengerLosses: [Double], championLosses: [Double], blocks: [String]? = nil, level: Double = 0.95, resamples: Int = 2000,
        using generator: inout some RandomNumberGenerator
    ) {
        precondition(level > 0 && level < 1, "A confidence level lies between 0 and 1.")
        precondition(resamples > 0, "A bootstrap needs resamples.")
        guard challengerLosses.count == championLosses.count, challengerLosses.count > 1,
            blocks.map({ $0.count == championLosses.count }) ?? true
        else { return nil }
        let differences = zip(challengerLosses, championLosses).map { $0 - $1 }
        guard differences.allSatisfy(\.isFinite) else { return nil }
        let sums = blocks.map { Self.sums(of: differences, in: $0) } ?? differences.map { (sum: $0, rows: 1) }
        guard sums.count > 1 else { return nil }
        let blockCount = UInt64(sums.count)
        // One draw seeds a concrete generator: the inner loop then runs without a call through a protocol.
        var draws = SplitMix64(seed: generator.next())
        var means: [Double] = []
        means.reserveCapacity(resamples)
        for _ in 0..<resamples {
            var sum = 0.0
            var rows = 0
            for _ in sums.indices {
                let block = sums[draws.index(below: blockCount)]
                sum += block.sum
                rows += block.rows
            }
            means.append(sum / Double(rows))
        }
        guard let quantiles = Quantiles(of: means) else { return nil }
        estimate = differences.reduce(0, +) / Double(differences.count)
        lower = quantiles[(1 - level) / 2]
        upper = quantiles[(1 + level) / 2]
        self.level = level
    }

    /// Sum and number of rows of each block, in order of first appearance, so that equal input gives equal output.
    private static func sums(of differences: [Double], in blocks: [String]) -> [(sum: Double, rows: Int)] {
        var positions: [String: Int] = [:]
        var sums: [(sum: Double, rows: Int)] = []
        for (difference, block) in zip(differences, blocks) {
            if let position = positions[block] {
                sums[position].sum += difference
                sums[position].rows += 1
            } else {
                positions[block] = sums.count
                sums.append((difference, 1))
            }
        }
        return sums
    }
}
