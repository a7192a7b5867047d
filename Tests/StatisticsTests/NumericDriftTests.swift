// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Drift of numeric columns, against numpy and scipy")
struct NumericDriftTests {
    let golden: [String: GoldenDrift.NumericPair]
    let columns: [String: [String: [Double?]]]

    init() throws {
        golden = try GoldenDrift.load().numeric
        columns = try GoldenDrift.numericColumns()
        #expect(golden.count == 15)
    }

    private func samples(_ pair: String) throws -> (ref: [Double?], cur: [Double?]) {
        (try #require(columns[pair]?["ref"]), try #require(columns[pair]?["cur"]))
    }

    @Test("moments and quantiles agree")
    func summaries() throws {
        for (pair, expected) in golden {
            let (ref, cur) = try samples(pair)
            for (values, summary, side) in [(ref, expected.ref, "ref"), (cur, expected.cur, "cur")] {
                let present = values.compactMap(\.self)
                let moments = Moments(present)
                #expect(moments.count == summary.n && values.count - present.count == summary.nulls, "\(pair) \(side)")
                expectStatistic(moments.mean, summary.mean, "\(pair) \(side) mean")
                expectStatistic(moments.populationDeviation, summary.stdPop, "\(pair) \(side) std ddof 0")
                expectStatistic(moments.sampleDeviation, summary.stdSample, "\(pair) \(side) std ddof 1")
                let quantiles = try #require(Quantiles(of: present))
                let shares = ["min": 0, "p01": 0.01, "p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99, "max": 1]
                for (name, share) in shares {
                    expectStatistic(quantiles[share], try #require(summary.quantilesLinear[name]), "\(pair) \(side) \(name)")
                }
            }
        }
    }

    @Test("decile edges, counts and stability index agree, with and without a null bin")
    func decileBins() throws {
        for (pair, expected) in golden {
            let (ref, cur) = try samples(pair)
            let baseline = try #require(NumericProfile(baseline: ref))
            var window = NumericProfile(bins: baseline.bins)
            for value in cur { window.add(value) }
            let bins = expected.decileBins
            #expect(baseline.bins.edges.count == bins.edges.count, "\(pair)")
            for (edge, expectedEdge) in zip(baseline.bins.edges, bins.edges) { expectStatistic(edge, expectedEdge, "\(pair) edge") }
            #expect(baseline.counts == bins.refCounts && window.counts == bins.curCounts, "\(pair)")
            expectStatistic(window.stabilityIndex(against: baseline)?.value, bins.psi, "\(pair) psi")
            expectStatistic(
                window.stabilityIndex(against: baseline, countingNulls: true)?.value, bins.psiWithNullBin, "\(pair) psi, null bin")
        }
    }

    @Test("Kolmogorov–Smirnov statistic, exact and asymptotic p-values agree")
    func kolmogorovSmirnov() throws {
        for (pair, expected) in golden {
            let (ref, cur) = try samples(pair)
            let test = try #require(KolmogorovSmirnov(ref.compactMap(\.self), cur.compactMap(\.self)))
            expectStatistic(test.statistic, try #require(expected.ks["statistic"]), "\(pair) statistic")
            expectPValue(test.exactPValue, try #require(expected.ks["p_exact"]), "\(pair) exact p")
            expectPValue(test.asymptoticPValue, try #require(expected.ks["p_asymp"]), "\(pair) asymptotic p")
        }
    }

    @Test("Wasserstein distances agree, except that a constant baseline has no deviations to count in")
    func wasserstein() throws {
        for (pair, expected) in golden {
            let (ref, cur) = try samples(pair)
            let before = ref.compactMap(\.self)
            let after = cur.compactMap(\.self)
            expectStatistic(Wasserstein.distance(before, after), try #require(expected.wasserstein["w1"]), "\(pair) w1")
            let inDeviations = Wasserstein.distanceInDeviations(of: before, to: after)
            if expected.ref.stdPop == 0 {
                #expect(inDeviations == nil, "\(pair)")
            } else {
                expectStatistic(inDeviations, try #require(expected.wasserstein["w1_over_ref_std_pop"]), "\(pair) w1 / std")
            }
        }
    }

    @Test("the null-rate test agrees")
    func nullRate() throws {
        let pair = try #require(golden["num_nulls"]?.nullRate)
        let (ref, cur) = try samples("num_nulls")
        let baseline = try #require(NumericProfile(baseline: ref))
        var window = NumericProfile(bins: baseline.bins)
        for value in cur { window.add(value) }
        let test = try #require(window.nullRateTest(against: baseline))
        expectStatistic(test.statistic, pair.chi2, "chi-square")
        expectPValue(test.pValue, pair.p, "p")
        let (whole, _) = try samples("num_same")
        let complete = try #require(NumericProfile(baseline: whole))
        #expect(complete.nullRateTest(against: complete) == nil)
    }

    @Test("nothing is claimed about empty samples, NaN or other bins")
    func nothingToCompare() throws {
        #expect(NumericProfile(baseline: [nil, .nan]) == nil)
        #expect(KolmogorovSmirnov([], [1]) == nil)
        #expect(KolmogorovSmirnov([1], [.nan]) == nil)
        #expect(Wasserstein.distance([1], [.infinity]) == nil)
        #expect(Quantiles(of: []) == nil)
        let one = try #require(NumericProfile(baseline: [1, 2, 3]))
        var other = try #require(NumericProfile(baseline: [4, 5, 6]))
        #expect(one.stabilityIndex(against: other) == nil)
        let before = other
        let isMerged = other.merge(one)
        #expect(!isMerged && other == before)
        #expect(NumericProfile(bins: one.bins).stabilityIndex(against: one) == nil)
        var odd = NumericProfile(bins: one.bins)
        for value in [Double.nan, .infinity, -.infinity, 2] { odd.add(value) }
        #expect(odd.nulls == 1 && odd.valueCount == 3 && odd.moments.mean == 2)
    }

    @Test("a profile survives JSON, and a damaged one is refused")
    func codable() throws {
        var profile = try #require(NumericProfile(baseline: [0.1, 0.2, 0.3, nil]))
        profile.add(7)
        let json = try JSONEncoder().encode(profile)
        #expect(try JSONDecoder().decode(NumericProfile.self, from: json) == profile)
        let text = try #require(String(data: json, encoding: .utf8))
        for damaged in [text.replacing("\"counts\":[", with: "\"counts\":[9,"), text.replacing("\"edges\":[", with: "\"edges\":[1e9,")] {
            #expect(damaged != text)
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(NumericProfile.self, from: Data(damaged.utf8)) }
        }
    }
}
