// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics

/// One pair of categorical columns against its expected results.
struct CategoricalVectors {
    let pair: String
    private let baseline: CategoricalProfile
    private let window: CategoricalProfile
    private let before: [Int]
    private let after: [Int]
    private let report: VectorReport

    init(pair: String, ref: [String?], cur: [String?], report: VectorReport) {
        self.pair = pair
        self.report = report
        baseline = CategoricalProfile(ref)
        window = CategoricalProfile(cur)
        (before, after) = window.table(against: baseline)
    }

    func check(_ expected: VectorValue) {
        let distances = HistogramDistances(before, after)
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "n_ref": report.check(pair, key, value, Double(baseline.valueCount), .exact)
            case "n_cur": report.check(pair, key, value, Double(window.valueCount), .exact)
            case "nulls_ref": report.check(pair, key, value, Double(baseline.nulls), .exact)
            case "nulls_cur": report.check(pair, key, value, Double(window.nulls), .exact)
            case "categories": report.check(pair, key, value, Double(before.count), .exact)
            case "new_count": report.check(pair, key, value, Double(window.newCategories(against: baseline).count), .exact)
            case "gone_count": report.check(pair, key, value, Double(window.goneCategories(against: baseline).count), .exact)
            case "new_categories": checkNames(key, value, window.newCategories(against: baseline))
            case "gone_categories": checkNames(key, value, window.goneCategories(against: baseline))
            case "chi2_contingency": check(key, value, ChiSquareTest(before, after).map { ($0.statistic, $0.degreesOfFreedom, $0.pValue) })
            case "chi2_yates":
                let test = ChiSquareTest(before, after, correctingContinuity: true)
                check(key, value, test.map { ($0.statistic, $0.degreesOfFreedom, $0.pValue) })
            case "g_test_contingency":
                check(key, value, LikelihoodRatioTest(before, after).map { ($0.statistic, $0.degreesOfFreedom, $0.pValue) })
            case "fisher_exact_p": report.check(pair, key, value, FisherExactTest(before, after)?.pValue, .pValue)
            case "psi_eps1e-4": report.check(pair, key, value, window.stabilityIndex(against: baseline)?.value)
            case "js_distance_base2": report.check(pair, key, value, distances?.jensenShannonDistance(base: 2), .root)
            case "js_distance_natural": report.check(pair, key, value, distances?.jensenShannonDistance(base: M_E), .root)
            case "hellinger": report.check(pair, key, value, distances?.hellingerDistance, .root)
            case "linf": report.check(pair, key, value, distances?.largestDifference)
            case "tvd": report.check(pair, key, value, distances?.totalVariation)
            case "entropy_bits":
                report.check("\(pair)/ref", key, value["ref"] ?? .null, HistogramDistances.entropy(of: before))
                report.check("\(pair)/cur", key, value["cur"] ?? .null, HistogramDistances.entropy(of: after))
            case "evidently", "nannyml": report.skipComparison()
            default: report.unknown("\(pair)/\(key)")
            }
        }
    }

    private func checkNames(_ key: String, _ expected: VectorValue, _ got: [String]) {
        report.check(
            pair, key, .list((expected.items ?? []).sorted { ($0.text ?? "") < ($1.text ?? "") }), equals: .list(got.map { .text($0) }))
    }

    private func check(_ name: String, _ expected: VectorValue, _ test: (statistic: Double, degrees: Int, p: Double)?) {
        for (key, value) in expected.members.sorted(by: { $0.key < $1.key }) {
            switch key {
            case "statistic": report.check(pair, "\(name).\(key)", value, test?.statistic)
            case "dof": report.check(pair, "\(name).\(key)", value, test.map { Double($0.degrees) }, .exact)
            case "p": report.check(pair, "\(name).\(key)", value, test?.p, .pValue)
            default: report.unknown("\(pair)/\(name).\(key)")
            }
        }
    }
}
