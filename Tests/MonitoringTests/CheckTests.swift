// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import Monitoring
import TestSupport
import Testing

@Suite("Checks of monitors")
struct CheckTests {
    private func answers(
        _ count: Int = 3000, labelled: Int = .max, of groups: (Int) -> String = { ["a", "b"][$0 / 10 % 2] },
        isPositive: (Int) -> Bool? = { _ in nil }
    ) -> [World.Answer] {
        (0..<count).map { index in
            let usual = Double(index / 10 * 37 % 100) / 100 < 0.05 + 0.1 * Double(index % 10)
            return World.Answer(
                inputs: ["x": .number(Double(index * 7 % 101)), "k": .string(groups(index))], score: 0.05 + 0.1 * Double(index % 10),
                label: index < labelled ? ((isPositive(index) ?? usual) ? 1 : 0) : nil)
        }
    }

    private func start(_ world: World, _ checks: [MonitorCheck]) async throws {
        _ = try await world.monitors.apply(
            MonitorSpecification(
                name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("x", .number), MonitoredFeature("k", .category)],
                alarms: AlarmRule(raise: 1, of: 1, opensFrom: .warning), checks: checks), by: world.amina)
        try await world.log(answers(), in: World.window(0), prefix: "w0")
        _ = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
    }

    private func judge(_ world: World, _ number: Int, _ answers: [World.Answer]) async throws -> [String: RuleReading] {
        try await world.log(answers, in: World.window(number), prefix: "w\(number)")
        let evaluation = try await world.monitors.evaluate("watch", World.window(number), by: world.amina)
        return Dictionary(uniqueKeysWithValues: (evaluation.findings.checks ?? []).map { ($0.rule, $0) })
    }

    private let all = [
        MonitorCheck("form", .schema, share: 0.01), MonitorCheck("x-range", .range, column: "x", minimum: 0, maximum: 100),
        MonitorCheck("age", .freshness, column: "at", seconds: 3600), MonitorCheck("silence", .freshness, seconds: 86_400),
        MonitorCheck("rows", .volume, minimum: 1000, maximum: 5000), MonitorCheck("truth", .labels, share: 0.9, seconds: 1),
        MonitorCheck("promise", .estimatedPerformance), MonitorCheck("groups", .fairness, column: "k"),
        MonitorCheck("numbers", .errors, objective: 0.99),
    ]

    @Test("a window as it should be is clean by every check that can be judged", arguments: TestDatabase.allCases)
    func clean(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world, all)
            let readings = try await judge(world, 1, answers())
            // No row has the column whose age is asked for.
            #expect(Set(readings.keys) == Set(all.map(\.name)).subtracting(["age"]))
            #expect(readings.values.allSatisfy { $0.outcome == .clean }, "\(readings)")
            #expect(try await world.incidents.incidents(by: world.viewer).isEmpty)
        }
    }

    @Test(
        "what breaks the form, the range or the freshness of the data is a fault that holds back retraining",
        arguments: TestDatabase.allCases)
    func faults(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world, all)
            var broken = answers()
            for index in 0..<40 { broken[index].inputs["x"] = .string("n/a") }
            broken[2999].inputs["x"] = .number(-1)
            let end = World.window(1).end.milliseconds
            for index in broken.indices { broken[index].inputs["at"] = .integer((end - 7_200_000) / 1000 - Int64(index)) }
            let readings = try await judge(world, 1, broken)
            for name in ["form", "x-range", "age"] { #expect(readings[name]?.outcome == .breach && readings[name]?.kind == .dataFault) }
            #expect(readings["form"]?.summary.contains("x") == true && readings["age"]?.level == 2)
            let evaluation = try #require(try await world.monitors.evaluations(of: "watch", by: world.viewer).first)
            #expect(evaluation.verdict == .faulty && evaluation.retrainBlocked)
            let open = try await world.incidents.open(endpoint: World.endpoint, by: world.viewer)
            #expect(Set(open.map(\.rule)) == ["form", "x-range", "age"])
        }
    }

    @Test("rows, labels and numbers that do not come are operations, and hold back nothing", arguments: TestDatabase.allCases)
    func operations(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world, all)
            var few = answers(900, labelled: 500)
            for index in 800..<900 { few[index].score = nil }
            let readings = try await judge(world, 1, few)
            #expect(readings["rows"]?.outcome == .breach && readings["truth"]?.outcome == .breach)
            // The last rows of the window, an hour apart, are not numbers: beyond a month's even use, over three days.
            #expect(readings["numbers"]?.outcome == .breach && readings["numbers"]?.severity == .warning, "\(readings)")
            let empty = try await world.monitors.evaluate("watch", World.window(3), by: world.amina)
            let silence = empty.findings.checks?.first { $0.rule == "silence" }
            #expect(empty.verdict == .undecided && silence?.outcome == .breach)
            #expect(try await world.incidents.open(endpoint: World.endpoint, by: world.viewer).isEmpty)
            let rules = Set(try await world.incidents.incidents(by: world.viewer).map(\.rule))
            #expect(rules.isSuperset(of: ["rows", "truth", "numbers", "silence"]))
        }
    }

    @Test("groups that are answered otherwise, and scores that promise less, are told", arguments: TestDatabase.allCases)
    func performance(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world, all)
            // Group b gets the low scores.
            let unfair = try await judge(world, 1, answers(of: { $0 % 10 < 5 ? "b" : "a" }))
            #expect(unfair["groups"]?.outcome == .breach && unfair["groups"]?.summary.contains("k=b") == true)
            var unsure = answers(labelled: 0)
            for index in unsure.indices { unsure[index].score = index % 2 == 0 ? 0.45 : 0.55 }
            let promised = try await judge(world, 2, unsure)
            #expect(promised["promise"]?.outcome == .breach && promised["promise"]?.summary.contains("cannot see") == true, "\(promised)")
        }
    }

    @Test("a loss that rose in one segment is found there, apart from a mix that moved", arguments: TestDatabase.allCases)
    func causes(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world, [])
            // From the middle of the window on the labels of group b are turned.
            let turned = answers(isPositive: { index in
                guard index / 10 % 2 == 1, index >= 1500 else { return nil }
                return !(Double(index / 10 * 37 % 100) / 100 < 0.05 + 0.1 * Double(index % 10))
            })
            try await world.log(turned, in: World.window(1), prefix: "w1")
            let evaluation = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            let causes = try #require(evaluation.findings.causes)
            let first = try #require(causes.segments.first)
            #expect(first.column == "k" && first.value == "b" && first.rate > 0.1 && abs(first.mix) < 1e-9, "\(causes)")
            let onset = try #require(causes.onset)
            let middle = World.window(1).start + .seconds(15 * 86_400)
            #expect(abs((onset - middle).milliseconds) < 86_400_000, "\(onset)")
        }
    }

    @Test("checks that lack what they need are refused")
    func refused() async throws {
        let wrong = [
            MonitorCheck("a", .range, column: "x"), MonitorCheck("a", .freshness), MonitorCheck("a", .volume),
            MonitorCheck("a", .labels, seconds: 5), MonitorCheck("a", .errors, objective: 1), MonitorCheck("a", .fairness),
            MonitorCheck("a", .estimatedPerformance, metric: "luck"), MonitorCheck("performance", .volume, minimum: 1),
        ]
        for check in wrong {
            let specification = MonitorSpecification(
                name: "m", endpoint: "e", features: [MonitoredFeature("x", .number)], checks: [check])
            #expect(throws: Problem.self, "\(check)") { try specification.validate() }
        }
    }
}
