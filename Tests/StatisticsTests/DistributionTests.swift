// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Statistics

@Suite("Distributions, against scipy 1.17.1")
struct DistributionTests {
    @Test(
        "the incomplete beta function agrees with scipy.special.betainc",
        arguments: [
            (0.5, 1, 1, 0.5), (0.1, 0.5, 0.5, 0.20483276469913345), (0.01, 2, 3, 0.0005920299999999999),
            (0.9, 10, 0.5, 0.15164090963470994),
            (0.2, 100, 300, 0.00799453086687934), (0.001, 5, 2000, 0.05292418452310125), (0.999, 2000, 5, 0.9470758154768987),
            (1e-8, 0.5, 0.5, 6.366197734286143e-05), (0.45, 5000, 6000, 0.169188400131846), (0.3, 1e5, 2e5, 0), (0, 2, 3, 0), (1, 2, 3, 1),
        ] as [(Double, Double, Double, Double)])
    func incompleteBeta(x: Double, a: Double, b: Double, expected: Double) {
        expectStatistic(IncompleteBeta.lower(x, a: a, b: b), expected, "I(\(x); \(a), \(b))")
    }

    @Test(
        "tails of Student's t agree with 2 · scipy.stats.t.sf, down to 1e-300",
        arguments: [
            (0, 3, 1), (1, 1, 0.5000000000000001), (2.5, 7.3, 0.03965023466560043), (10, 30, 4.575251408229618e-11),
            (40, 798.5, 6.770704091944152e-193), (0.001, 12.5, 0.9992178981938967), (3, 1e6, 0.0026998625414218),
            (36, 1e5, 5.4111466005783035e-282), (0.001, 0.7, 0.9994107276485336), (1e8, 2, 1e-16), (-2.5, 7.3, 0.03965023466560043),
        ] as [(Double, Double, Double)])
    func student(t: Double, degrees: Double, expected: Double) {
        expectPValue(StudentDistribution.twoSidedTail(t, degreesOfFreedom: degrees), expected, "t \(t), \(degrees) degrees")
    }

    @Test(
        "the limiting Cramér–von Mises tail agrees",
        arguments: [
            (0.01, 0.9999941355671901), (0.05, 0.876280931041351), (0.1, 0.5848734384067971), (0.3, 0.13517126880510733),
            (0.461, 0.05010712720175847), (1, 0.002460452180135797), (2, 1.2780736265760595e-05), (3, 7.567778648187584e-08),
        ])
    func cramerVonMises(x: Double, expected: Double) {
        expectPValue(CramerVonMisesDistribution.survival(x), expected, "x \(x)")
    }

    @Test("infinite and undefined arguments have their limits")
    func edges() {
        #expect(StudentDistribution.twoSidedTail(.infinity, degreesOfFreedom: 3) == 0)
        #expect(StudentDistribution.twoSidedTail(.nan, degreesOfFreedom: 3).isNaN)
        #expect(NormalDistribution.upperTail(-.infinity) == 1 && NormalDistribution.upperTail(.infinity) == 0)
        #expect(NormalDistribution.upperTail(0) == 0.5)
    }
}
