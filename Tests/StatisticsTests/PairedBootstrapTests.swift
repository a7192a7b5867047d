// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite("Paired bootstrap of two models' losses")
struct PairedBootstrapTests {
    /// Losses where the challenger is better by `gain` on average, with row difficulty shared by both.
    private func losses(_ rows: Int, gain: Double, _ generator: inout SplitMix64) -> (challenger: [Double], champion: [Double]) {
        var challenger: [Double] = []
        var champion: [Double] = []
        for _ in 0..<rows {
            let difficulty = Double.random(in: 0...10, using: &generator)
            challenger.append(difficulty - gain + Double.random(in: -0.5...0.5, using: &generator))
            champion.append(difficulty + Double.random(in: -0.5...0.5, using: &generator))
        }
        return (challenger, champion)
    }

    @Test("the interval matches the normal approximation when rows are many")
    func normalApproximation() throws {
        var generator = SplitMix64(seed: 11)
        let (challenger, champion) = losses(2000, gain: 0.1, &generator)
        let result = try #require(PairedBootstrap(challengerLosses: challenger, championLosses: champion, using: &generator))
        let differences = Moments(zip(challenger, champion).map { $0 - $1 })
        let standardError = try #require(differences.sampleDeviation) / Double(2000).squareRoot()
        expectStatistic(result.estimate, differences.mean, "estimate")
        // A percentile of 2000 resamples is itself uncertain by about 5 % of the half width.
        #expect(abs(result.lower - (differences.mean - 1.96 * standardError)) < 0.25 * standardError)
        #expect(abs(result.upper - (differences.mean + 1.96 * standardError)) < 0.25 * standardError)
        #expect(result.level == 0.95)
        #expect(result.favoursChallenger && !result.favoursChampion)
    }

    @Test("the interval covers the true difference about as often as it says")
    func coverage() throws {
        let seed: UInt64 = 12
        var generator = SplitMix64(seed: seed)
        var covered = 0
        for _ in 0..<300 {
            let (challenger, champion) = losses(150, gain: 0.03, &generator)
            let result = try #require(
                PairedBootstrap(challengerLosses: challenger, championLosses: champion, level: 0.9, resamples: 400, using: &generator))
            if result.lower <= -0.03 && -0.03 <= result.upper { covered += 1 }
        }
        // Binomial(300, 0.9) lies in 244…292 but for 1 in 100 000.
        #expect((244...292).contains(covered), "\(covered) of 300, seed \(seed)")
    }

    @Test("the same seed gives the same interval")
    func deterministic() throws {
        var first = SplitMix64(seed: 5)
        var second = SplitMix64(seed: 5)
        let challenger = [0.1, 0.4, 0.2, 0.9]
        let champion = [0.2, 0.3, 0.4, 1.0]
        let one = try #require(PairedBootstrap(challengerLosses: challenger, championLosses: champion, using: &first))
        #expect(one == PairedBootstrap(challengerLosses: challenger, championLosses: champion, using: &second))
    }

    @Test("equal models favour neither; too little or damaged data give no interval")
    func edges() throws {
        var generator = SplitMix64(seed: 1)
        let equal = try #require(PairedBootstrap(challengerLosses: [1, 2, 3], championLosses: [1, 2, 3], using: &generator))
        #expect(equal.estimate == 0 && !equal.favoursChallenger && !equal.favoursChampion)
        #expect(PairedBootstrap(challengerLosses: [1], championLosses: [1], using: &generator) == nil)
        #expect(PairedBootstrap(challengerLosses: [1, 2], championLosses: [1], using: &generator) == nil)
        #expect(PairedBootstrap(challengerLosses: [1, .nan], championLosses: [1, 2], using: &generator) == nil)
    }

    @Test("blocks of rows that share a cause widen the interval as much as the cause's own spread demands")
    func blocks() throws {
        var generator = SplitMix64(seed: 14)
        var challenger: [Double] = []
        var blocks: [String] = []
        var means = Moments()
        for day in 0..<100 {
            let effect = Double.random(in: -1...1, using: &generator)
            means.add(effect)
            challenger += Array(repeating: effect, count: 20)
            blocks += Array(repeating: "day \(day)", count: 20)
        }
        let champion = Array(repeating: 0.0, count: challenger.count)
        let result = try #require(
            PairedBootstrap(challengerLosses: challenger, championLosses: champion, blocks: blocks, using: &generator))
        let standardError = try #require(means.sampleDeviation) / 10
        #expect(abs((result.upper - result.lower) / 2 - 1.96 * standardError) < 0.25 * standardError)
        let asRows = try #require(PairedBootstrap(challengerLosses: challenger, championLosses: champion, using: &generator))
        #expect(asRows.upper - asRows.lower < 0.4 * (result.upper - result.lower))
        #expect(asRows.estimate == result.estimate)
    }

    @Test("refuses blocks that do not name each row, and a single block")
    func unusableBlocks() {
        var generator = SplitMix64(seed: 15)
        #expect(PairedBootstrap(challengerLosses: [1, 2], championLosses: [1, 2], blocks: ["a"], using: &generator) == nil)
        #expect(PairedBootstrap(challengerLosses: [1, 2], championLosses: [1, 2], blocks: ["a", "a"], using: &generator) == nil)
    }
}
