// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Statistics

@Suite("Kolmogorov's distribution")
struct KolmogorovDistributionTests {
    /// scipy 1.17.1: kstwo.sf(d, n), at sizes and distances on both sides of every change of method.
    @Test(
        "tail probabilities agree with scipy",
        arguments: [
            (1, 0.6, 0.8), (3, 0.4, 0.5946666666666665), (10, 0.05, 1), (10, 0.3, 0.27053557479999946), (10, 0.51, 0.0061587485046993694),
            (50, 0.1, 0.6623112704658186), (140, 0.1, 0.11353657290090946), (140, 0.165, 0.0008458071085063383),
            (140, 0.2, 2.1981563302200222e-05), (141, 0.1, 0.11128445516467944), (200, 0.02, 0.9999948480179858),
            (500, 0.03, 0.7473166700457021), (500, 0.05, 0.15866260223815387), (1000, 0.04, 0.07933956059000224),
            (5000, 0.008, 0.9035907876780276), (5000, 0.015, 0.20846142096186204), (5000, 0.03, 0.00024159234422666817),
            (100_000, 0.0025, 0.5586954140357887), (100_000, 0.004, 0.08130148920222469), (200_000, 0.0005, 0.999999999766341),
            (200_000, 0.002, 0.39995085369038097),
        ])
    func tail(sampleSize: Int, distance: Double, expected: Double) {
        expectPValue(KolmogorovDistribution.survival(distance, sampleSize: sampleSize), expected, "n \(sampleSize), d \(distance)")
    }

    @Test("the exact p-value is the share of orderings, for every outcome of small samples")
    func exactByEnumeration() throws {
        for (n, m) in [(1, 1), (1, 4), (3, 3), (4, 6), (5, 3), (6, 6)] {
            // Every way to choose which of the pooled ranks belong to the first sample.
            var gaps: [Double] = []
            var pValues: [Double] = []
            for choice in 0..<(1 << (n + m)) where choice.nonzeroBitCount == n {
                let first = (0..<n + m).filter { choice >> $0 & 1 == 1 }.map(Double.init)
                let second = (0..<n + m).filter { choice >> $0 & 1 == 0 }.map(Double.init)
                let test = try #require(KolmogorovSmirnov(first, second))
                gaps.append(test.statistic)
                pValues.append(test.exactPValue)
            }
            for (gap, pValue) in zip(gaps, pValues) {
                let share = Double(gaps.count { $0 >= gap }) / Double(gaps.count)
                expectStatistic(pValue, share, "n \(n), m \(m), gap \(gap)", within: 1e-12)
            }
        }
    }
}
