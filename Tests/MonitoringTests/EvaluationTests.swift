// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Monitoring
import TestSupport
import Testing

@Suite("Evaluations")
struct EvaluationTests {
    /// Scores of ten levels, and labels that follow them or, for a degraded world, the opposite.
    private func answers(
        _ count: Int, labelled: Bool = true, invertedLabels: Bool = false, shift: Double = 0, scoreShift: Double = 0, revision: Int = 1
    ) -> [World.Answer] {
        (0..<count).map { index in
            let score = min(max(0.05 + 0.1 * Double(index % 10) + scoreShift, 0), 1)
            // Of hundred rows with a score of s, about 100 s are positive, spread by a step that has no common factor with 100.
            let isPositive = Double(index / 10 * 37 % 100) / 100 < 0.05 + 0.1 * Double(index % 10)
            return World.Answer(
                inputs: ["x": .number(Double(index * 7 % 101) + shift), "k": .string(["a", "b", "c"][index % 3])], score: score,
                label: labelled ? ((isPositive != invertedLabels) ? 1 : 0) : nil, revision: revision)
        }
    }

    private let specification = MonitorSpecification(
        name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("x", .number), MonitoredFeature("k", .category)])

    private func start(_ world: World) async throws {
        _ = try await world.monitors.apply(specification, by: world.amina)
        try await world.log(answers(3000), in: World.window(0), prefix: "w0")
        _ = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
    }

    @Test("a window like its baseline is healthy, and says what was tested", arguments: TestDatabase.allCases)
    func healthy(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world)
            try await world.log(answers(3000), in: World.window(1), prefix: "w1")
            let evaluation = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(evaluation.verdict == .healthy, "\(evaluation.findings.reasons)")
            #expect(!evaluation.retrainBlocked && evaluation.model == "flights" && evaluation.version == 1 && evaluation.rowCount == 3000)
            #expect(evaluation.earlierWindow == World.window(0))
            let findings = evaluation.findings
            #expect(findings.falseAlarms.method == "benjaminiHochberg" && findings.falseAlarms.level == 0.05)
            // No column has nulls, so there are no tests of nulls.
            #expect(findings.falseAlarms.tests == 2)
            #expect(findings.features.map(\.name) == ["x", "k"])
            let performance = findings.performance
            #expect(performance.coverage == 1 && performance.days == 30 && performance.standing == .fine)
            #expect(performance.level == (try await world.monitors.baselines(of: "watch", by: world.viewer)).first?.profile.level)
            #expect((performance.level?.logLoss ?? 9) < (performance.constantLogLoss ?? 0))
            #expect(try await world.monitors.evaluation(evaluation.id, by: world.viewer) == evaluation)
            let line = try await world.monitors.measurements(of: "watch", subject: "performance", "log-loss", by: world.viewer)
            #expect(line.map(\.value) == [performance.level?.logLoss] && line.first?.windowStart == World.window(1).start)
            #expect(try await world.verbs() == ["monitor.applied", "monitor.rebased", "monitor.evaluated"])
        }
    }

    @Test("inputs that move while performance is fine are noted and propose nothing", arguments: TestDatabase.allCases)
    func drifted(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world)
            try await world.log(answers(3000, shift: 40), in: World.window(1), prefix: "w1")
            let evaluation = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(evaluation.verdict == .drifted, "\(evaluation.findings.reasons)")
            #expect(evaluation.findings.features.map(\.level) == [.critical, .none])
            #expect(try await world.verbs().suffix(2) == ["monitor.evaluated", "drift.detected"])
        }
    }

    @Test("a loss that is worse beyond the margin is a breach, told once however often it is evaluated", arguments: TestDatabase.allCases)
    func degraded(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world)
            try await world.log(answers(3000, invertedLabels: true), in: World.window(1), prefix: "w1")
            let first = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(first.verdict == .degraded && first.findings.performance.standing == .breached, "\(first.findings.reasons)")
            let change = try #require(first.findings.performance.change)
            #expect(change.lower > 0 && change.lower <= change.estimate && change.estimate <= change.upper)
            let second = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(second.id != first.id && second.findings == first.findings)
            #expect(
                try await world.verbs().suffix(3) == ["monitor.evaluated", "performance.breached", "monitor.evaluated"])
            let listed = try await world.monitors.evaluations(of: "watch", by: world.viewer)
            #expect(listed.map(\.id) == [second.id, first.id])
            #expect(try await world.monitors.evaluations(of: "watch", after: second.id, by: world.viewer).map(\.id) == [first.id])
        }
    }

    @Test("a score that moves is a breach before any label is in", arguments: TestDatabase.allCases)
    func movedScore(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world)
            try await world.log(answers(3000, labelled: false, scoreShift: 0.3), in: World.window(1), prefix: "w1")
            let evaluation = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(evaluation.verdict == .degraded && evaluation.findings.score?.hasDrifted == true)
            #expect(evaluation.findings.performance.standing == .unknown)
            #expect(try await world.verbs().last == "performance.breached")
        }
    }

    @Test("too few labels, rows or days decide nothing", arguments: TestDatabase.allCases)
    func undecided(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world)
            var half = answers(3000, invertedLabels: true)
            for index in half.indices where index % 10 < 5 { half[index].label = nil }
            try await world.log(half, in: World.window(1), prefix: "w1")
            let partly = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(partly.verdict == .undecided && partly.findings.performance.coverage == 0.5)

            try await world.log(answers(100, invertedLabels: true), in: World.window(2), prefix: "w2")
            #expect(try await world.monitors.evaluate("watch", World.window(2), by: world.amina).verdict == .undecided)
            #expect(try await world.monitors.evaluate("watch", World.window(3), by: world.amina).verdict == .undecided)

            let start = World.window(4).start
            let twoDays = Window(start: start, end: start + .seconds(2 * 86_400))
            try await world.log(answers(3000, invertedLabels: true), in: twoDays, prefix: "w4")
            let short = try await world.monitors.evaluate("watch", twoDays, by: world.amina)
            #expect(short.verdict == .undecided && short.findings.performance.days == 2)
            #expect(try await !world.verbs().contains("performance.breached"))
        }
    }

    @Test("the version that answered most of the window is judged, on its own rows and baseline", arguments: TestDatabase.allCases)
    func versions(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await start(world)
            let mixed = answers(900, invertedLabels: true) + answers(2100, revision: 2)
            try await world.log(mixed, in: World.window(1), prefix: "w1")
            let without = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(without.verdict == .undecided && without.version == 2)
            #expect(without.findings.reasons.contains { $0.contains("no baseline") })

            let baseline = try await world.monitors.rebase(
                "watch", model: "flights", version: 2, fromWindow: World.window(1), by: world.amina)
            #expect(baseline.profile.rowCount == 2100 && baseline.profile.level?.rowCount == 2100)
            let with = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(with.verdict == .healthy, "\(with.findings.reasons)")
            #expect(with.rowCount == 3000 && with.findings.performance.scoredRows == 2100)
            #expect(try await world.monitors.baselines(of: "watch", by: world.viewer).map(\.version).sorted() == [1, 2])
            let refusal = try await code {
                _ = try await world.monitors.rebase("watch", model: "flights", version: 2, fromWindow: World.window(0), by: world.amina)
            }
            #expect(refusal == "monitoring.baseline.empty")
        }
    }

    @Test("applying the same specification twice changes nothing; only those who may, may", arguments: TestDatabase.allCases)
    func applying(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let first = try await world.monitors.apply(specification, by: world.amina)
            #expect(try await world.monitors.apply(specification, by: world.amina) == first)
            var changed = specification
            changed.thresholds.logLossMargin = 0.05
            #expect(try await world.monitors.apply(changed, by: world.amina).revision == 2)
            #expect(try await world.monitors.monitors(by: world.viewer).map(\.name) == ["watch"])
            #expect(try await world.monitors.monitors(after: "watch", by: world.viewer).isEmpty)
            #expect(try await code { _ = try await world.monitors.apply(specification, by: world.viewer) } == "access.permission.missing")
            let refusal = try await code { _ = try await world.monitors.evaluate("watch", World.window(0), by: world.viewer) }
            #expect(refusal == "access.permission.missing")
            #expect(try await code { _ = try await world.monitors.monitor("other", by: world.viewer) } == "monitoring.monitor.unknown")
            let backwards = Window(start: World.window(1).start, end: World.window(0).start)
            #expect(
                try await code { _ = try await world.monitors.evaluate("watch", backwards, by: world.amina) }
                    == "monitoring.window.malformed")
        }
    }
}
