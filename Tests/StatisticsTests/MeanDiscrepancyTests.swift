// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite("Maximum mean discrepancy")
struct MeanDiscrepancyTests {
    private func rows(_ count: Int, shift: Double = 0, _ generator: inout SplitMix64) -> [[Double]] {
        (0..<count).map { _ in [Double.random(in: 0..<1, using: &generator) + shift, Double.random(in: 0..<1, using: &generator)] }
    }

    @Test("permutation p-values of unchanged data are spread evenly")
    func level() throws {
        let seed: UInt64 = 5
        var generator = SplitMix64(seed: seed)
        var alarms = 0
        for _ in 0..<200 {
            let (first, second) = (rows(15, &generator), rows(12, &generator))
            let result = try #require(MaximumMeanDiscrepancy(first, second, using: &generator))
            if result.pValue(permutations: 99, using: &generator) <= 0.1 { alarms += 1 }
        }
        // Binomial(200, 0.1) lies in 5…41 but for a chance of 1e-5.
        #expect((5...41).contains(alarms), "\(alarms) of 200, seed \(seed)")
    }

    @Test("beyond the limit a sample of rows stands for all, in proportion, and still sees the shift")
    func sampled() throws {
        var generator = SplitMix64(seed: 6)
        let (first, second) = (rows(600, &generator), rows(200, shift: 0.5, &generator))
        let result = try #require(MaximumMeanDiscrepancy(first, second, rowLimit: 200, using: &generator))
        #expect(result.firstCount == 150 && result.secondCount == 50)
        #expect(result.pValue(permutations: 199, using: &generator) == 0.005)
        let lopsided = try #require(MaximumMeanDiscrepancy(rows(500, &generator), rows(1, &generator), rowLimit: 100, using: &generator))
        #expect(lopsided.firstCount == 99 && lopsided.secondCount == 1 && lopsided.unbiased == nil)
    }

    @Test("rows that are equal, missing, uneven or not finite are undefined")
    func undefined() {
        var generator = SplitMix64(seed: 7)
        for (first, second) in [([], [[1]]), ([[1]], []), ([[1]], [[1, 2]]), ([[1], [2]], [[.nan]]), ([[3], [3]], [[3]])]
            as [([[Double]], [[Double]])]
        {
            #expect(MaximumMeanDiscrepancy(first, second, using: &generator) == nil)
        }
        #expect(MaximumMeanDiscrepancy([[1]], [[2]], kernel: .gamma(0), using: &generator) == nil)
        #expect(MaximumMeanDiscrepancy([[1], [1]], [[1]], kernel: .gamma(1), using: &generator)?.biased == 0)
    }
}
