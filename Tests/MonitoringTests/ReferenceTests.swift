// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import TestSupport
import Testing

@testable import Monitoring

@Suite("References beside the frozen baseline")
struct ReferenceTests {
    private func specification(_ references: [MonitorReference]) -> MonitorSpecification {
        MonitorSpecification(
            name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("x", .number), MonitoredFeature("k", .category)],
            label: nil,
            references: references)
    }

    private func day(_ number: Int) -> Window {
        let start = World.beginning + Int64(number) * World.day
        return Window(start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: start + World.day))
    }

    private func log(_ world: World, _ number: Int, shift: Double = 0) async throws {
        let answers = (0..<400).map { index -> World.Answer in
            let x = Double(index * 7 % 101) + shift
            let score = 0.05 + 0.1 * Double(index % 10)
            return World.Answer(inputs: ["x": .number(x), "k": .string(["a", "b"][index % 2])], score: score)
        }
        try await world.log(answers, in: day(number), prefix: "d\(number)")
    }

    private func finding(_ world: World, _ number: Int) async throws -> ReferenceFinding {
        let evaluation = try await world.monitors.evaluate("watch", day(number), by: world.amina)
        return try #require(evaluation.findings.references?.first)
    }

    @Test("a jump is seen against the windows before; slow drift only against the frozen baseline", arguments: TestDatabase.allCases)
    func rolling(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.monitors.apply(specification([MonitorReference(.rolling, windows: 3)]), by: world.amina)
            for number in 0..<8 { try await log(world, number, shift: Double(number) * 2) }
            try await log(world, 8, shift: 95)
            _ = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: day(0), by: world.amina)
            let slow = try await world.monitors.evaluate("watch", day(7), by: world.amina)
            let reference = try #require(slow.findings.references?.first)
            #expect(reference.standing == .judged && reference.rows == 1200 && reference.span?.start == day(4).start)
            #expect(reference.reading?.outcome != .breach && slow.findings.features.first?.level == .critical, "\(reference)")
            #expect(reference.reason.contains("the frozen baseline beside it does not"))
            let jump = try await finding(world, 8)
            #expect(jump.reading?.outcome == .breach && jump.reading?.rule == "rolling-drift", "\(jump)")
            #expect(jump.drifted.map(\.name) == ["x"])
            // The first window has none before it.
            #expect(try await finding(world, 0).standing == .waiting)
        }
    }

    @Test(
        "without a frozen baseline a rolling reference says what it is blind to, and the missing one is told",
        arguments: TestDatabase.allCases)
    func alone(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.monitors.apply(specification([MonitorReference(.rolling, windows: 1)]), by: world.amina)
            for number in 0..<2 { try await log(world, number) }
            let alone = try await finding(world, 1)
            #expect(alone.standing == .judged && alone.reason.contains("no frozen baseline stands beside it"), "\(alone)")
            let rule = try await world.monitors.rules(of: "watch", by: world.viewer).first { $0.rule == "reference" }
            #expect(rule?.breaches == 1)
        }
    }

    @Test("the same window a week before is compared once there is a season of history", arguments: TestDatabase.allCases)
    func seasonal(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.monitors.apply(specification([MonitorReference(.seasonal)]), by: world.amina)
            // Weekends are another world.
            for number in 0..<14 { try await log(world, number, shift: number % 7 < 2 ? 80 : 0) }
            let early = try await finding(world, 5)
            #expect(early.standing == .waiting && early.reason.contains("under one full season"), "\(early)")
            let weekend = try await finding(world, 8)
            #expect(weekend.standing == .judged && weekend.span == day(1) && weekend.reading?.outcome == .clean, "\(weekend)")
            try await world.database.write {
                _ = try $0.execute("UPDATE prediction SET inputs = ? WHERE id LIKE 'd13.%'", "{\"x\": 500, \"k\": \"a\"}")
            }
            #expect(try await finding(world, 13).reading?.outcome == .breach)
        }
    }

    @Test("one that was there and is gone is told, never passed over", arguments: TestDatabase.allCases)
    func lost(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.monitors.apply(specification([MonitorReference(.seasonal, season: .day)]), by: world.amina)
            for number in 0..<3 { try await log(world, number) }
            _ = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: day(0), by: world.amina)
            #expect(try await finding(world, 1).standing == .judged)
            try await world.database.write { _ = try $0.execute("DELETE FROM prediction WHERE id LIKE 'd1.%'") }
            let gone = try await finding(world, 2)
            #expect(gone.standing == .lost && gone.reason.contains("no longer in the prediction log"), "\(gone)")
            let rule = try await world.monitors.rules(of: "watch", by: world.viewer).first { $0.rule == "reference" }
            #expect(rule?.breaches == 1 && rule?.windows == 2)
        }
    }

    @Test("references that say too little or too much are refused")
    func refused() {
        let wrong: [[MonitorReference]] = [
            [MonitorReference(.rolling), MonitorReference(.rolling, windows: 2)], [MonitorReference(.rolling, windows: 0)],
            [MonitorReference(.rolling, season: .week)], [MonitorReference(.seasonal, windows: 2)],
        ]
        for references in wrong { #expect(throws: Problem.self) { try specification(references).validate() } }
        let long = Window(start: day(0).start, end: day(9).end)
        #expect(MonitorReference(.seasonal).span(for: long) == nil)
        #expect(MonitorReference(.seasonal, season: .year).span(for: day(364))?.start == day(0).start)
    }
}
