// SPDX-License-Identifier: Apache-2.0
import Statistics

/// One pair of numeric columns against its expected results.
struct NumericVectors {
    let pair: String
    let ref: [Double?]
    let cur: [Double?]
    let report: VectorReport

    private var before: [Double] { ref.compactMap { $0.flatMap { $0.isNaN ? nil : $0 } } }
    private var after: [Double] { cur.compactMap { $0.flatMap { $0.isNaN ? nil : $0 } } }

    func check(_ expected: VectorValue) {
        let before = before
        let after = after
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "ref": checkSummary(value, before, nulls: ref.count - before.count, side: "ref")
            case "cur": checkSummary(value, after, nulls: cur.count - after.count, side: "cur")
            case "energy_distance": report.check(pair, key, value, EnergyDistance.distance(before, after))
            case "decile_bins": checkBins(value)
            case "evidently", "nannyml": report.skipComparison()
            default: checkTest(key, value, before, after)
            }
        }
    }

    private func checkSummary(_ expected: VectorValue, _ values: [Double], nulls: Int, side: String) {
        let id = "\(pair)/\(side)"
        let summary = SampleSummary(values)
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "n": report.check(id, key, value, Double(values.count), .exact)
            case "nulls": report.check(id, key, value, Double(nulls), .exact)
            case "unique": report.check(id, key, value, summary.map { Double($0.distinctCount) }, .exact)
            case "mean": report.check(id, key, value, summary?.mean)
            case "std_pop": report.check(id, key, value, summary?.populationDeviation)
            case "std_sample": report.check(id, key, value, summary?.sampleDeviation)
            case "skew": report.check(id, key, value, summary?.skewness)
            case "quantiles_linear":
                let quantiles = Quantiles(of: values)
                for (name, value) in value.members.sorted(by: { $0.key < $1.key }) {
                    guard let share = Self.share(name) else {
                        report.unknown("\(id)/\(key)/\(name)")
                        continue
                    }
                    report.check("\(id)/\(name)", key, value, quantiles?[share])
                }
            default: report.unknown("\(id)/\(key)")
            }
        }
    }

    private static func share(_ name: String) -> Double? {
        switch name {
        case "min": 0
        case "max": 1
        default: name.hasPrefix("p") ? Double(name.dropFirst()).map { $0 / 100 } : nil
        }
    }

    private func checkTest(_ test: String, _ expected: VectorValue, _ before: [Double], _ after: [Double]) {
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            let name = "\(test).\(key)"
            switch name {
            case "ks.statistic": report.check(pair, name, value, KolmogorovSmirnov(before, after)?.statistic)
            case "ks.p_exact": report.check(pair, name, value, KolmogorovSmirnov(before, after)?.exactPValue, .pValue)
            case "ks.p_asymp": report.check(pair, name, value, KolmogorovSmirnov(before, after)?.asymptoticPValue, .pValue)
            case "wasserstein.w1": report.check(pair, name, value, Wasserstein.distance(before, after))
            case "wasserstein.w1_over_ref_std_pop":
                report.check(pair, name, value, Wasserstein.distanceInDeviations(of: before, to: after, smallestDeviation: 0.001))
            case "cramer_von_mises.statistic": report.check(pair, name, value, CramerVonMises(before, after)?.statistic)
            case "cramer_von_mises.p_asymp": report.check(pair, name, value, CramerVonMises(before, after)?.pValue, .pValue)
            case "mann_whitney_u.u_ref": report.check(pair, name, value, MannWhitney(before, after)?.statistic)
            case "mann_whitney_u.p_asymp_two_sided": report.check(pair, name, value, MannWhitney(before, after)?.pValue, .pValue)
            case "welch_t.t": report.check(pair, name, value, WelchTest(before, after)?.statistic)
            case "welch_t.p": report.check(pair, name, value, WelchTest(before, after)?.pValue, .pValue)
            case "null_rate.ref": report.check(pair, name, value, Double(ref.count - before.count) / Double(ref.count))
            case "null_rate.cur": report.check(pair, name, value, Double(cur.count - after.count) / Double(cur.count))
            case "null_rate.chi2": report.check(pair, name, value, nullRate(before, after)?.statistic)
            case "null_rate.p": report.check(pair, name, value, nullRate(before, after)?.pValue, .pValue)
            default: report.unknown("\(pair)/\(name)")
            }
        }
        if expected.members.isEmpty { report.unknown("\(pair)/\(test)") }
    }

    private func nullRate(_ before: [Double], _ after: [Double]) -> ChiSquareTest? {
        guard let (baseline, window) = profiles() else {
            return ChiSquareTest([ref.count - before.count, before.count], [cur.count - after.count, after.count])
        }
        return window.nullRateTest(against: baseline)
    }

    private func profiles() -> (baseline: NumericProfile, window: NumericProfile)? {
        NumericProfile(baseline: ref).map { baseline in
            var window = NumericProfile(bins: baseline.bins)
            for value in cur { window.add(value) }
            return (baseline, window)
        }
    }

    private func checkBins(_ expected: VectorValue) {
        let profiles = profiles()
        let distances = profiles.flatMap { HistogramDistances($0.baseline.counts, $0.window.counts) }
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            let name = "decile_bins.\(key)"
            switch key {
            case "edges": report.check(pair, name, value, profiles?.baseline.bins.edges)
            case "ref_counts": report.check(pair, name, value, profiles?.baseline.counts.map { Double($0) }, .exact)
            case "cur_counts": report.check(pair, name, value, profiles?.window.counts.map { Double($0) }, .exact)
            case "psi":
                report.check(pair, name, value, profiles.flatMap { $0.window.stabilityIndex(against: $0.baseline)?.value })
            case "psi_with_null_bin":
                report.check(
                    pair, name, value, profiles.flatMap { $0.window.stabilityIndex(against: $0.baseline, countingNulls: true)?.value })
            case "js_distance_base2": report.check(pair, name, value, distances?.jensenShannonDistance(base: 2), .root)
            case "hellinger": report.check(pair, name, value, distances?.hellingerDistance, .root)
            case "linf": report.check(pair, name, value, distances?.largestDifference)
            case "tvd": report.check(pair, name, value, distances?.totalVariation)
            default: report.unknown("\(pair)/\(name)")
            }
        }
    }
}
