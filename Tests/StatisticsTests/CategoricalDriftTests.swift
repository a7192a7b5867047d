// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite("Drift of categorical columns and many tests at once")
struct CategoricalDriftTests {
    /// scipy 1.17.1: chi2.sf(x, k).
    @Test(
        "chi-square tail probabilities agree with scipy",
        arguments: [
            (1, 0.001, 0.9747728793699604), (1, 3.84, 0.05004352124870519), (1, 100, 1.5239706048320995e-23),
            (2, 5, 0.0820849986238988), (5, 1, 0.9625657732472964), (5, 200, 2.8406228986415534e-41), (10, 10, 0.44049328506521257),
            (30, 15, 0.9897395720876574), (30, 60, 0.0009206823961486636), (298, 250, 0.9800706243946287),
            (298, 347.5, 0.02546630927624697), (298, 600, 1.6238956067914804e-22), (1000, 1000, 0.49405285382923964),
        ])
    func chiSquareTail(degreesOfFreedom: Int, statistic: Double, expected: Double) {
        expectPValue(
            IncompleteGamma.upper(shape: Double(degreesOfFreedom) / 2, statistic / 2), expected, "\(degreesOfFreedom), \(statistic)")
    }

    @Test("rare categories are pooled until each cell expects enough")
    func pooling() throws {
        // Two rare columns (3 and 4 of 200) and the next smallest (12) come together; expected counts are then 9.5 a side.
        let test = try #require(ChiSquareTest([40, 50, 5, 2, 3], [41, 49, 7, 1, 1], minimumExpected: 5))
        let byHand = try #require(ChiSquareTest([40, 50, 10], [41, 49, 9]))
        #expect(test.degreesOfFreedom == 2)
        expectStatistic(test.statistic, byHand.statistic, "pooled chi-square")
        #expect(ChiSquareTest([1, 2], [2, 1], minimumExpected: 5) == nil)
        #expect(ChiSquareTest([0, 0], [1, 2]) == nil)
        #expect(ChiSquareTest([1], [1, 2]) == nil)
    }

    @Test("one test needs no correction, and none gives none", arguments: MultipleTesting.allCases)
    func fewTests(method: MultipleTesting) {
        #expect(method.adjusted([]) == [])
        #expect(method.adjusted([0.03]) == [0.03])
    }
}
