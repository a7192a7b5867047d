// SPDX-License-Identifier: Apache-2.0
import Statistics

/// Corrections for many tests, and tests of many columns at once.
enum MultivariateVectors {
    static func checkCorrections(_ expected: VectorValue, _ report: VectorReport) {
        let pValues = expected["p"]?.items?.compactMap(\.number) ?? []
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "bonferroni": report.check(key, key, value, MultipleTesting.bonferroni.adjusted(pValues), .pValue)
            case "holm": report.check(key, key, value, MultipleTesting.holm.adjusted(pValues), .pValue)
            case "bh": report.check(key, key, value, MultipleTesting.benjaminiHochberg.adjusted(pValues), .pValue)
            case "by": report.check(key, key, value, MultipleTesting.benjaminiYekutieli.adjusted(pValues), .pValue)
            case "input", "pairs", "p": break
            default: report.unknown(key)
            }
        }
    }

    static func checkDiscrepancies(_ sets: [String: VectorValue], _ report: VectorReport) throws {
        var rows: [String: [[Double]]] = [:]
        for row in try VectorFolder.rows(of: "multivariate.csv") {
            let columns = row.keys.filter { $0 != "set" }.sorted()
            rows[row["set"] ?? "", default: []].append(columns.compactMap { row[$0].flatMap(Double.init) })
        }
        for (set, expected) in sets.sorted(by: { $0.key < $1.key }) {
            guard let before = rows["ref"], let after = rows[set] else {
                report.missing(set, "rows in multivariate.csv")
                continue
            }
            for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
                switch key {
                case "gamma_half": check("\(set)/\(key)", value, before, after, .gamma(0.5), report)
                case "median_heuristic": check("\(set)/\(key)", value, before, after, .medianDistance, report)
                case "univariate_ks_p_exact":
                    let tests = (before.first ?? []).indices.map { column in
                        KolmogorovSmirnov(before.map { $0[column] }, after.map { $0[column] })?.exactPValue
                    }
                    report.check(set, key, value, tests, .pValue)
                default: report.unknown("\(set)/\(key)")
                }
            }
        }
    }

    private static func check(
        _ id: String, _ expected: VectorValue, _ before: [[Double]], _ after: [[Double]], _ kernel: MaximumMeanDiscrepancy.Kernel,
        _ report: VectorReport
    ) {
        var generator = SplitMix64(seed: 1)
        let result = MaximumMeanDiscrepancy(before, after, kernel: kernel, rowLimit: .max, using: &generator)
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "biased": report.check(id, key, value, result?.biased)
            case "unbiased": report.check(id, key, value, result?.unbiased)
            case "sigma": report.check(id, key, value, result?.sigma)
            case "gamma": report.check(id, key, value, result?.gamma)
            case "p_tolerance": break
            case _ where key.hasPrefix("p_permutation_"):
                guard let permutations = Int(key.dropFirst("p_permutation_".count)) else {
                    report.unknown("\(id)/\(key)")
                    continue
                }
                let pValue = result?.pValue(permutations: permutations, using: &generator)
                report.check(id, "p_permutation", value, pValue, .absolute(expected["p_tolerance"]?.number ?? 0.03))
            default: report.unknown("\(id)/\(key)")
            }
        }
    }
}
