// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite("What must hold for any data")
struct PropertyTests {
    private static let seeds: [UInt64] = (1...20).map { $0 }

    /// A column with ties, nulls and a random size.
    private func column(_ generator: inout SplitMix64) -> [Double?] {
        let isDiscrete = Bool.random(using: &generator)
        return (0..<Int.random(in: 20...300, using: &generator)).map { _ in
            guard Double.random(in: 0..<1, using: &generator) > 0.05 else { return nil }
            let value = Double.random(in: -50...50, using: &generator)
            return isDiscrete ? (value / 10).rounded() : value
        }
    }

    @Test("merging parts in any order equals counting all at once", arguments: seeds)
    func mergeOrder(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let baseline = try #require(NumericProfile(baseline: column(&generator)))
        let parts = (0..<5).map { _ in column(&generator) }
        var whole = NumericProfile(bins: baseline.bins)
        for value in parts.joined() { whole.add(value) }
        var merged = NumericProfile(bins: baseline.bins)
        for part in parts.shuffled(using: &generator) {
            var profile = NumericProfile(bins: baseline.bins)
            for value in part { profile.add(value) }
            let isMerged = merged.merge(profile)
            #expect(isMerged)
        }
        #expect(merged.counts == whole.counts && merged.nulls == whole.nulls, "seed \(seed)")
        #expect(merged.moments.count == whole.moments.count, "seed \(seed)")
        expectStatistic(merged.moments.mean, whole.moments.mean, "seed \(seed) mean", within: 1e-9)
        expectStatistic(merged.moments.sampleVariance, try #require(whole.moments.sampleVariance), "seed \(seed) variance")

        let words = parts.map { $0.map { $0.map { "\(Int($0) / 20)" } } }
        var pooled = CategoricalProfile()
        for part in words.shuffled(using: &generator) { pooled.merge(CategoricalProfile(part)) }
        #expect(pooled == CategoricalProfile(words.joined()), "seed \(seed)")
    }

    @Test("variance keeps its accuracy far from zero", arguments: seeds)
    func shiftedVariance(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let values = (0..<1000).map { _ in Double(Int.random(in: 0...1000, using: &generator)) }
        let plain = try #require(Moments(values).sampleVariance)
        var shifted = Moments(values.prefix(300).map { $0 + 1e9 })
        shifted.merge(Moments(values.dropFirst(300).map { $0 + 1e9 }))
        expectStatistic(shifted.sampleVariance, plain, "seed \(seed)", within: 1e-7)
    }

    @Test("distances are zero to itself and the same both ways", arguments: seeds)
    func symmetry(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let first = column(&generator)
        let second = column(&generator)
        let profile = try #require(NumericProfile(baseline: first))
        #expect(profile.stabilityIndex(against: profile)?.value == 0, "seed \(seed)")
        #expect(profile.stabilityIndex(against: profile, countingNulls: true)?.value == 0, "seed \(seed)")
        let before = first.compactMap(\.self)
        let after = second.compactMap(\.self)
        let there = try #require(KolmogorovSmirnov(before, after))
        let back = try #require(KolmogorovSmirnov(after, before))
        #expect(there.statistic == back.statistic, "seed \(seed)")
        expectStatistic(there.exactPValue, back.exactPValue, "seed \(seed)", within: 1e-12)
        #expect(KolmogorovSmirnov(before, before)?.statistic == 0, "seed \(seed)")
        #expect(KolmogorovSmirnov(before, before)?.pValue == 1, "seed \(seed)")
        expectStatistic(
            Wasserstein.distance(before, after), try #require(Wasserstein.distance(after, before)), "seed \(seed)", within: 1e-12)
        #expect(Wasserstein.distance(before, before) == 0, "seed \(seed)")
        // Moving every value by c moves the distribution by exactly |c|.
        expectStatistic(Wasserstein.distance(before, before.map { $0 + 8 }), 8, "seed \(seed)")
    }

    @Test("adjusting keeps the order of p-values and never lowers one", arguments: seeds)
    func adjustedOrder(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let pValues = (0..<40).map { _ in Double.random(in: 0...1, using: &generator) * Double.random(in: 0...1, using: &generator) }
        for method in MultipleTesting.allCases {
            let adjusted = method.adjusted(pValues)
            for i in pValues.indices {
                #expect(adjusted[i] >= pValues[i] && adjusted[i] <= 1, "\(method), seed \(seed)")
                for j in pValues.indices where pValues[i] < pValues[j] { #expect(adjusted[i] <= adjusted[j], "\(method), seed \(seed)") }
            }
        }
    }

    @Test("the stability index of unchanged data averages to its noise floor")
    func noiseFloor() throws {
        let seed: UInt64 = 7
        var generator = SplitMix64(seed: seed)
        // Expected from theory: 9 · (1/2000 + 1/500) = 0.0225. The mean of 400 runs has a standard error of 0.0225·√(2/9)/20 = 0.0005.
        var total = 0.0
        for _ in 0..<400 {
            let baseline = try #require(NumericProfile(baseline: (0..<2000).map { _ in Double.random(in: 0..<1, using: &generator) }))
            var window = NumericProfile(bins: baseline.bins)
            for _ in 0..<500 { window.add(Double.random(in: 0..<1, using: &generator)) }
            let index = try #require(window.stabilityIndex(against: baseline))
            expectStatistic(index.noiseFloor, 0.0225, "floor")
            total += index.value
        }
        #expect(abs(total / 400 - 0.0225) < 0.0025, "mean \(total / 400), seed \(seed)")
    }

    /// The outputs for seed 1234567 that Vigna's C program splitmix64.c prints.
    @Test("the seeded generator gives the published numbers")
    func splitMix() {
        var generator = SplitMix64(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ]
        for value in expected { #expect(generator.next() == value) }
    }
}
