// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite("Two-sample tests and distances at the edges of their definitions")
struct TwoSampleTests {
    @Test("empty samples, and NaN, are undefined")
    func undefined() {
        for (first, second) in [([], [1, 2]), ([1, 2], []), ([1, .nan], [1, 2]), ([1, 2], [.nan, 1])] as [([Double], [Double])] {
            #expect(KolmogorovSmirnov(first, second) == nil)
            #expect(CramerVonMises(first, second) == nil)
            #expect(MannWhitney(first, second) == nil)
            #expect(WelchTest(first, second) == nil)
            #expect(Wasserstein.distance(first, second) == nil)
            #expect(EnergyDistance.distance(first, second) == nil)
        }
        #expect(SampleSummary([]) == nil && SampleSummary([.infinity]) == nil)
    }

    @Test("ranks hold infinities, moments and distances do not")
    func infinities() throws {
        let (first, second) = ([-Double.infinity, 0, 1], [2, 3, .infinity])
        #expect(try #require(KolmogorovSmirnov(first, second)).statistic == 1)
        #expect(try #require(MannWhitney(first, second)).statistic == 0)
        #expect(CramerVonMises(first, second) == CramerVonMises([-5, 0, 1], [2, 3, 9]))
        #expect(WelchTest(first, second) == nil)
        #expect(Wasserstein.distance(first, second) == nil && EnergyDistance.distance(first, second) == nil)
    }

    @Test("one row a side is enough for ranks and distances, not for variances")
    func singleRows() throws {
        #expect(try #require(KolmogorovSmirnov([1], [2])).exactPValue == 1)
        #expect(try #require(MannWhitney([1], [2])).pValue == 1)
        #expect(Wasserstein.distance([1], [3]) == 2)
        expectStatistic(EnergyDistance.distance([1], [3]), 2, "√(2 · 2)")
        #expect(CramerVonMises([1], [2, 3]) == nil && WelchTest([1], [2, 3]) == nil)
        let summary = try #require(SampleSummary([7]))
        #expect(summary.mean == 7 && summary.populationVariance == 0 && summary.sampleVariance == nil && summary.skewness == nil)
    }

    @Test("equal constants say nothing, different ones everything")
    func constants() throws {
        let (low, high) = ([Double](repeating: 0.1, count: 30), [Double](repeating: 0.2, count: 20))
        #expect(try #require(KolmogorovSmirnov(low, low)).pValue == 1)
        #expect(try #require(MannWhitney(low, low)).pValue == 1)
        #expect(try #require(CramerVonMises(low, low)).pValue == 1)
        #expect(WelchTest([2, 2], [2, 2, 2]) == nil)
        let welch = try #require(WelchTest([2, 2], [3, 3, 3]))
        #expect(welch.statistic == -.infinity && welch.pValue == 0 && welch.degreesOfFreedom == nil)
        #expect(try #require(MannWhitney(low, high)).probabilityOfExceeding == 0)
        #expect(Wasserstein.distanceInDeviations(of: [2, 2], to: [3, 3]) == nil)
        #expect(Wasserstein.distanceInDeviations(of: [2, 2], to: [3, 3], smallestDeviation: 0.001) == 1000)
    }

    @Test("the energy distance is that of all pairs", arguments: 1...20 as ClosedRange<UInt64>)
    func energyOfPairs(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let first = (0..<40).map { _ in Double.random(in: -3...3, using: &generator).rounded() }
        let second = (0..<25).map { _ in Double.random(in: -2...5, using: &generator) }
        func meanDistance(_ left: [Double], _ right: [Double]) -> Double {
            left.reduce(0) { sum, x in sum + right.reduce(0) { $0 + abs(x - $1) } } / Double(left.count * right.count)
        }
        let square = 2 * meanDistance(first, second) - meanDistance(first, first) - meanDistance(second, second)
        expectStatistic(EnergyDistance.distance(first, second), square.squareRoot(), "seed \(seed)", within: 1e-7)
    }

    @Test("Mann–Whitney counts pairs, and both orders agree", arguments: 1...20 as ClosedRange<UInt64>)
    func countsPairs(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let first = (0..<30).map { _ in Double(Int.random(in: 0...9, using: &generator)) }
        let second = (0..<21).map { _ in Double(Int.random(in: 0...12, using: &generator)) }
        let test = try #require(MannWhitney(first, second))
        let pairs = first.reduce(0.0) { sum, x in sum + second.reduce(0.0) { $0 + (x > $1 ? 1 : x == $1 ? 0.5 : 0) } }
        #expect(test.statistic == pairs, "seed \(seed)")
        expectPValue(MannWhitney(second, first)?.pValue, test.pValue, "seed \(seed)")
        expectPValue(CramerVonMises(second, first)?.pValue, try #require(CramerVonMises(first, second)).pValue, "seed \(seed)")
        expectPValue(WelchTest(second, first)?.pValue, try #require(WelchTest(first, second)).pValue, "seed \(seed)")
    }

    @Test("p-values of unchanged data are below 5 % in about 5 % of samples")
    func levels() throws {
        let seed: UInt64 = 11
        var generator = SplitMix64(seed: seed)
        var alarms = [0, 0, 0]
        for _ in 0..<1000 {
            let first = (0..<60).map { _ in Double.random(in: 0..<1, using: &generator) }
            let second = (0..<45).map { _ in Double.random(in: 0..<1, using: &generator) }
            if try #require(CramerVonMises(first, second)).pValue < 0.05 { alarms[0] += 1 }
            if try #require(MannWhitney(first, second)).pValue < 0.05 { alarms[1] += 1 }
            if try #require(WelchTest(first, second)).pValue < 0.05 { alarms[2] += 1 }
        }
        // Binomial(1000, 0.05) lies in 20…84 but for a chance of 1e-5.
        for count in alarms { #expect((20...84).contains(count), "\(alarms), seed \(seed)") }
    }
}
