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

@Suite("Large Kolmogorov–Smirnov tests")
struct LargeKolmogorovTests {
    /// scipy 1.17.1: ks_2samp(a, b, method='exact') of a = (i + ½)/n and b = δ + (1 − δ)(j + ½)/m.
    @Test(
        "beyond a million pairs the asymptotic p-value stands for scipy's exact one, within 7 %",
        arguments: [
            (1200, 900, 0.06, 0.04287650496202236), (1200, 900, 0.086, 0.0008339504653848595),
            (1001, 1000, 0.054, 0.09204751678092332), (1001, 1000, 0.099, 8.159175154296531e-05),
            (200, 6000, 0.097, 0.04055353440394209), (200, 6000, 0.145, 0.000412478759485088),
            (500, 20_000, 0.073, 0.009093638470909519), (3000, 3000, 0.039, 0.02085314781499454),
        ])
    func asymptotic(first: Int, second: Int, shift: Double, exact: Double) throws {
        let before = (0..<first).map { (Double($0) + 0.5) / Double(first) }
        let after = (0..<second).map { shift + (1 - shift) * (Double($0) + 0.5) / Double(second) }
        let test = try #require(KolmogorovSmirnov(before, after))
        #expect(first * second <= KolmogorovSmirnov.exactPairs || test.pValue == test.asymptoticPValue)
        #expect(abs(test.pValue - exact) <= 0.07 * exact, "\(test.pValue) against \(exact)")
    }
}
