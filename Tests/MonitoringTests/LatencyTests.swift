// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import Monitoring
import Serving
import TestSupport
import Testing

@Suite("Latency objectives")
struct LatencyTests {
    private static let hour = World.beginning + 100 * World.day
    private let window = Window(start: Timestamp(milliseconds: hour), end: Timestamp(milliseconds: hour + 3_600_000))

    /// An hour of answers of 20 ms, of which one in `slow` took 80; every other one was not measured.
    private func answers(_ count: Int, slowEvery slow: Int) -> [World.Answer] {
        (0..<count).map { index in
            // Slow ones come anywhere, so that the last minutes have their share.
            let microseconds: Int64 = index * 7919 % slow == 0 ? 80_000 : 20_000
            return World.Answer(inputs: ["x": .integer(1)], microseconds: index % 2 == 0 ? microseconds : nil)
        }
    }

    private func reading(_ world: World, _ monitors: Monitors? = nil) async throws -> RuleReading? {
        _ = try await world.monitors.apply(
            MonitorSpecification(
                name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("x", .number)],
                checks: [
                    MonitorCheck("slow", .latency, objective: 0.99, milliseconds: 50),
                    MonitorCheck("slower", .latency, objective: 0.99, milliseconds: 80), MonitorCheck("numbers", .errors, objective: 0.99),
                ]), by: world.amina)
        let checks = try await (monitors ?? world.monitors).evaluate("watch", window, by: world.amina).findings.checks ?? []
        // What takes as long as is allowed is good.
        #expect(checks.filter { $0.rule != "slow" }.allSatisfy { $0.level == 0 && $0.outcome == .clean }, "\(checks)")
        return checks.first { $0.rule == "slow" }
    }

    @Test("a fifth of slow answers burns a month's budget at twenty times its rate and pages", arguments: TestDatabase.allCases)
    func page(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.log(answers(4000, slowEvery: 5), in: window, prefix: "w")
            let reading = try #require(try await reading(world))
            #expect(reading.outcome == .breach && reading.severity == .critical && reading.kind == .operations)
            #expect(abs((reading.level ?? 0) - 20 / 14.4) < 0.05, "\(reading)")
            #expect(reading.summary.contains("more than 50.0 ms"), "\(reading)")
        }
    }

    @Test(
        "a twentieth of them uses the budget up over days only, and answers that were not measured do not count",
        arguments: TestDatabase.allCases)
    func ticket(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.log(answers(4000, slowEvery: 40), in: window, prefix: "w")
            let reading = try #require(try await reading(world))
            // All slow ones are among the 2000 that were measured: one in twenty of them.
            #expect(reading.outcome == .breach && reading.severity == .warning, "\(reading)")
        }
    }

    @Test("without a single measured answer nothing is said", arguments: TestDatabase.allCases)
    func unmeasured(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.log((0..<500).map { _ in World.Answer(inputs: ["x": .integer(1)]) }, in: window, prefix: "w")
            #expect(try await reading(world) == nil)
        }
    }
}
