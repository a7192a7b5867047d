// SPDX-License-Identifier: Apache-2.0

import Domain
import Monitoring
import TestSupport
import Testing

@Suite("Golden values through the whole path, from the prediction log to the finding")
struct GoldenPathTests {
    private func isClose(_ actual: Double?, _ expected: Double?, within tolerance: Double) -> Bool {
        guard let actual, let expected else { return false }
        return abs(actual - expected) <= tolerance * abs(expected)
    }

    @Test("KS, stability index and null test of scipy's and numpy's vectors", arguments: TestDatabase.allCases)
    func numericPairs(engine: TestDatabase) async throws {
        let vectors = try GoldenFile.vectors()
        for pair in ["num_shifted", "num_nulls"] {
            let finding = try await finding(on: engine, file: "numeric.csv", pair: pair, kind: .number)
            let expected = vectors["numeric"]?[pair]
            #expect(finding.test == .kolmogorovSmirnov)
            #expect(isClose(finding.statistic, expected?["ks"]?["statistic"]?.double, within: 1e-9), "\(pair)")
            #expect(isClose(finding.pValue, expected?["ks"]?["p_exact"]?.double, within: 1e-6), "\(pair)")
            #expect(isClose(finding.stabilityIndex, expected?["decile_bins"]?["psi"]?.double, within: 1e-9), "\(pair)")
            if pair == "num_nulls" { #expect(isClose(finding.nullPValue, expected?["null_rate"]?["p"]?.double, within: 1e-6)) }
        }
    }

    @Test("contingency test and stability index of categories", arguments: TestDatabase.allCases)
    func categoricalPairs(engine: TestDatabase) async throws {
        let vectors = try GoldenFile.vectors()
        for pair in ["cat_shifted", "cat_new"] {
            let finding = try await finding(on: engine, file: "categorical.csv", pair: pair, kind: .category)
            let expected = vectors["categorical"]?[pair]
            #expect(isClose(finding.stabilityIndex, expected?["psi_eps1e-4"]?.double, within: 1e-9), "\(pair)")
            #expect(finding.newCategories == expected?["new_categories"]?.array?.compactMap(\.text), "\(pair)")
            if pair == "cat_shifted" {
                #expect(isClose(finding.statistic, expected?["chi2_contingency"]?["statistic"]?.double, within: 1e-9))
                #expect(isClose(finding.pValue, expected?["chi2_contingency"]?["p"]?.double, within: 1e-6))
            }
        }
    }

    /// The pair's reference as one window and its baseline, the other side as the next.
    private func finding(on engine: TestDatabase, file: String, pair: String, kind: MonitoredFeature.Kind) async throws -> FeatureFinding {
        var result: FeatureFinding?
        try await World.run(on: engine) { world in
            let specification = MonitorSpecification(
                name: "golden", endpoint: World.endpoint, features: [MonitoredFeature("x", kind)], label: nil)
            _ = try await world.monitors.apply(specification, by: world.amina)
            for (index, side) in ["ref", "cur"].enumerated() {
                let answers = try GoldenFile.column(of: file, pair: pair, side: side).map { World.Answer(inputs: ["x": $0]) }
                try await world.log(answers, in: World.window(index), prefix: side)
            }
            _ = try await world.monitors.rebase("golden", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
            let evaluation = try await world.monitors.evaluate("golden", World.window(1), by: world.amina)
            result = evaluation.findings.features.first
        }
        return try #require(result)
    }
}
