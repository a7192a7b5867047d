// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite("Contingency tables and distances of histograms")
struct ContingencyTests {
    @Test(
        "Fisher's test agrees with scipy, also where tables are equally likely",
        arguments: [
            ([3, 1], [1, 3], 0.48571428571428565), ([10, 0], [0, 10], 1.082508822446903e-05), ([8, 2], [1, 5], 0.034965034965034975),
            ([100, 200], [120, 180], 0.10737770456865155), ([0, 5], [3, 4], 0.20454545454545459), ([1, 1], [1, 1], 1),
            ([1000, 2000], [900, 2100], 0.005997221556189654), ([2, 15], [10, 3], 0.0005367241191434358),
        ] as [([Int], [Int], Double)])
    func fisher(first: [Int], second: [Int], expected: Double) {
        expectPValue(FisherExactTest(first, second)?.pValue, expected, "\(first) \(second)")
        expectPValue(FisherExactTest(second, first)?.pValue, expected, "\(second) \(first)")
    }

    @Test("a table with an empty margin cannot speak, and one of another shape is refused")
    func emptyMargins() throws {
        let silent = try #require(FisherExactTest([0, 3], [0, 4]))
        #expect(silent.pValue == 1 && silent.oddsRatio == nil)
        #expect(try #require(FisherExactTest([4, 0], [3, 2])).oddsRatio == .infinity)
        #expect(FisherExactTest([1, 2, 3], [1, 2, 3]) == nil && FisherExactTest([-1, 2], [1, 2]) == nil)
    }

    @Test("a table far beyond chance has p 0, not NaN")
    func extreme() throws {
        #expect(try #require(FisherExactTest([200_000, 0], [0, 200_000])).pValue == 0)
        #expect(try #require(FisherExactTest([0, 200_000], [200_000, 0])).pValue == 0)
    }

    @Test("undefined tables are nil for every test")
    func undefined() {
        for (first, second) in [([], []), ([0, 0], [1, 2]), ([5], [6]), ([1], [1, 2]), ([3, 0], [4, 0]), ([-1, 2], [3, 4])]
            as [([Int], [Int])]
        {
            #expect(ChiSquareTest(first, second) == nil, "\(first) \(second)")
            #expect(ChiSquareTest(first, second, correctingContinuity: true) == nil, "\(first) \(second)")
            #expect(LikelihoodRatioTest(first, second) == nil, "\(first) \(second)")
        }
    }

    @Test("Yates moves a 2×2 table by at most the gap itself, and no other table")
    func yates() throws {
        #expect(try #require(ChiSquareTest([10, 10], [10, 10], correctingContinuity: true)).statistic == 0)
        #expect(try #require(ChiSquareTest([10, 11], [11, 10], correctingContinuity: true)).statistic == 0)
        #expect(ChiSquareTest([1, 2, 3], [3, 2, 1], correctingContinuity: true) == ChiSquareTest([1, 2, 3], [3, 2, 1]))
    }

    @Test("distances are 0 for equal proportions and largest for disjoint ones")
    func distances() throws {
        let same = try #require(HistogramDistances([1, 3, 7], [2, 6, 14]))
        #expect(same.hellingerDistance == 0 && same.jensenShannonDistance() == 0 && same.totalVariation == 0 && same.largestDifference == 0)
        let apart = try #require(HistogramDistances([4, 0, 0], [0, 1, 1]))
        #expect(apart.hellingerDistance == 1 && apart.totalVariation == 1 && apart.largestDifference == 1)
        expectStatistic(apart.jensenShannonDistance(), 1, "base 2")
        #expect(HistogramDistances([], []) == nil && HistogramDistances([0], [1]) == nil && HistogramDistances([1], [1, 2]) == nil)
        #expect(HistogramDistances.entropy(of: [2, 2, 2, 2]) == 2 && HistogramDistances.entropy(of: [9]) == 0)
        #expect(HistogramDistances.entropy(of: [0]) == nil)
    }
}
