// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics
import TestSupport
import Testing

@testable import Monitoring

@Suite("Several columns together")
struct JointDriftTests {
    private let specification = MonitorSpecification(
        name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("x", .number), MonitoredFeature("y", .number)], label: nil,
        checks: [MonitorCheck("together", .jointDrift)])

    /// x and y go up and down together, or, turned, against each other; each by itself is the same.
    private func answers(seed: UInt64, turned: Bool = false) -> [World.Answer] {
        var generator = SplitMix64(seed: seed)
        return (0..<1000).map { _ in
            let x = Double(generator.below(1000))
            let noise = Double(generator.below(300))
            let y = ((turned ? 1000 - x : x) + noise).truncatingRemainder(dividingBy: 1000)
            return World.Answer(inputs: ["x": .number(x), "y": .number(y)])
        }
    }

    private func judge(_ world: World, _ number: Int, _ answers: [World.Answer]) async throws -> WindowFindings {
        try await world.log(answers, in: World.window(number), prefix: "w\(number)")
        return try await world.monitors.evaluate("watch", World.window(number), by: world.amina).findings
    }

    @Test("a change of what they have in common is seen where each by itself stays the same", arguments: TestDatabase.allCases)
    func correlation(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.monitors.apply(specification, by: world.amina)
            try await world.log(answers(seed: 1), in: World.window(0), prefix: "w0")
            _ = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
            let same = try await judge(world, 1, answers(seed: 2))
            #expect(same.checks?.map(\.outcome) == [.clean], "\(same.checks ?? [])")
            let turned = try await judge(world, 2, answers(seed: 3, turned: true))
            #expect(
                turned.checks?.map(\.outcome) == [.breach] && turned.features.allSatisfy { $0.level == .none }, "\(turned.checks ?? [])")
            #expect(turned.checks?.first?.summary.contains("300 and 300 rows") == true)
            // Evaluated again, it draws the same rows.
            let again = try await world.monitors.evaluate("watch", World.window(2), by: world.amina).findings
            #expect(again.checks == turned.checks)
        }
    }

    @Test("a baseline that was made before the check says that another is needed", arguments: TestDatabase.allCases)
    func older(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            var plain = specification
            plain.checks = nil
            _ = try await world.monitors.apply(plain, by: world.amina)
            try await world.log(answers(seed: 1), in: World.window(0), prefix: "w0")
            _ = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
            _ = try await world.monitors.apply(specification, by: world.amina)
            let findings = try await judge(world, 1, answers(seed: 2))
            #expect(findings.checks == nil && findings.reasons.contains { $0.contains("'together' needs a baseline") })
        }
    }

    @Test("nulls, categories and outliers are coordinates like any, and too few rows say nothing")
    func kinds() throws {
        let test = JointDrift(kinds: [.number, .category])
        func rows(_ count: Int, nullEvery: Int) -> [[JSONValue]] {
            (0..<count).map { index in
                [index % nullEvery == 0 ? .null : .number(index % 50 == 1 ? 1e300 : Double(index * 31 % 97)), .string("c\(index % 15)")]
            }
        }
        let same = try #require(test.outcome(rows(400, nullEvery: 10), rows(250, nullEvery: 10), minimumRows: 200, seed: 1))
        #expect(same.rows == 250 && same.baselineRows == 300 && same.pValue > 0.05 && abs(same.effect) < 0.01, "\(same)")
        let nulls = try #require(test.outcome(rows(400, nullEvery: 10), rows(400, nullEvery: 2), minimumRows: 200, seed: 1))
        #expect(nulls.pValue <= JointDrift.significance && nulls.effect > JointDrift.usualLimit, "\(nulls)")
        #expect(test.outcome(rows(400, nullEvery: 10), rows(100, nullEvery: 10), minimumRows: 200, seed: 1) == nil)
    }

    @Test("its expected false alarms come from the baseline's own rows")
    func replay() throws {
        let rows = answers(seed: 5).enumerated().map {
            MonitoredRow(key: "\($0)", time: nil, inputs: $1.inputs, score: nil, isPositive: nil)
        }
        var specification = specification
        specification.thresholds.minimumRows = 50
        let baseline = BaselineProfile.build(for: specification, from: Array(rows.prefix(160)))
        let expected = MonitorReplay(specification: specification, baseline: baseline, rowsPerWindow: 60, seed: 1).expectations()
        let together = try #require(expected.first { $0.rule == "together" })
        #expect(together.replayedWindows == 30 && together.rowsPerWindow == 60 && together.alarms == 0, "\(together)")
    }

    @Test("columns that are no features, or only one, are refused")
    func refused() {
        for columns in [["x", "z"], ["x"], ["x", "x"]] {
            var wrong = specification
            wrong.checks = [MonitorCheck("together", .jointDrift, columns: columns)]
            #expect(throws: Problem.self, "\(columns)") { try wrong.validate() }
        }
    }
}
