// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct SpanStatisticsTests {
    private func span(
        _ id: String, name: String, type: String?, status: TraceSpan.Status = .ok, at start: Int64 = 1_000, for duration: Int64?,
        attributes: [SpanAttribute] = []
    ) -> TraceSpan {
        TraceSpan(
            traceID: "t", id: id, parent: nil, name: name, type: type, status: status, started: start * 1_000_000,
            ended: duration.map { (start + $0) * 1_000_000 + 999_999 }, attributes: attributes)
    }

    private func record(_ world: TrackingWorld) async throws -> Int64 {
        let experiment = try await world.experiments.create("spans", by: world.caller).id
        let spans = [
            span("a", name: "ask", type: "LLM", for: 10, attributes: [SpanAttribute("model", .text("small"))]),
            span("b", name: "ask", type: "LLM", status: .error, for: 30, attributes: [SpanAttribute("model", .text("large"))]),
            span("c", name: "look", type: "TOOL", at: 90_000_000, for: nil),
        ]
        var batch = SpanBatch(trace: "t", spans: spans)
        batch.numbers = ["a": ["cost": 0.5], "b": ["cost": 1.5], "c": ["cost": 3]]
        try await world.traces.record([batch], in: experiment, by: world.caller)
        return experiment
    }

    private func points(_ statistics: TraceStatistics, _ world: TrackingWorld) async throws -> [TraceStatistics.Point] {
        try await world.traces.statistics(statistics, limit: 100, by: world.caller).points
    }

    @Test("counts spans by name, type, status and attribute", arguments: TestDatabase.allCases)
    func counts(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await record(world)
            func counts(_ groups: TraceStatistics.Group...) async throws -> [String: Double?] {
                var statistics = TraceStatistics(experiments: [experiment], figure: .spans, aggregations: [.count])
                statistics.groups = groups
                let points = try await points(statistics, world)
                return Dictionary(uniqueKeysWithValues: points.map { ($0.groups.joined(separator: "/"), $0.values[0]) })
            }
            #expect(try await counts() == ["": 3])
            #expect(try await counts(.spanName, .spanStatus) == ["ask/OK": 1, "ask/ERROR": 1, "look/OK": 1])
            #expect(try await counts(.spanType) == ["LLM": 2, "TOOL": 1])
            #expect(try await counts(.spanAttribute("model")) == ["small": 1, "large": 1])
        }
    }

    @Test("durations are whole milliseconds, and a span that goes on has none", arguments: TestDatabase.allCases)
    func durations(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            var statistics = TraceStatistics(
                experiments: [try await record(world)], figure: .spanDuration, aggregations: [.count, .minimum, .maximum, .percentile(50)])
            #expect(try await points(statistics, world).map(\.values) == [[2, 10, 30, 20]])
            statistics.conditions = [.spanStatus("ERROR"), .spanName("ask"), .spanType("LLM")]
            #expect(try await points(statistics, world).map(\.values) == [[1, 30, 30, 30]])
        }
    }

    @Test("numbers of spans are taken by the spans' own days", arguments: TestDatabase.allCases)
    func numbers(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            var statistics = TraceStatistics(experiments: [try await record(world)], figure: .spanNumber("cost"), aggregations: [.sum])
            statistics.interval = 86_400
            statistics.from = Timestamp(milliseconds: 0)
            statistics.through = Timestamp(milliseconds: 90_000_000)
            let found = try await points(statistics, world)
            #expect(found.map(\.begin?.milliseconds) == [0, 86_400_000])
            #expect(found.map(\.values) == [[2], [3]])
            statistics.through = Timestamp(milliseconds: 89_999_999)
            #expect(try await points(statistics, world).map(\.values) == [[2]])
        }
    }

    @Test("a span told again has the numbers of the last time", arguments: TestDatabase.allCases)
    func repetition(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await record(world)
            var batch = SpanBatch(trace: "t", spans: [span("a", name: "ask", type: "LLM", for: 10)])
            batch.numbers = ["a": ["cost": 2.5]]
            try await world.traces.record([batch], in: experiment, by: world.caller)
            let statistics = TraceStatistics(experiments: [experiment], figure: .spanNumber("cost"), aggregations: [.sum, .count])
            #expect(try await points(statistics, world).map(\.values) == [[7, 3]])
        }
    }

    @Test("scores are what assessments say as numbers; overridden ones say nothing", arguments: TestDatabase.allCases)
    func scores(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await record(world)
            func say(_ name: String, _ value: JSONValue, overrides: String? = nil) async throws -> String {
                let now = world.clock.now()
                let assessment = Assessment(
                    kind: .feedback, name: name, value: value, source: .init(type: "HUMAN", id: "me"), overrides: overrides, created: now,
                    updated: now)
                return try await world.traces.assess("t", assessment, by: world.caller).id
            }
            for value: JSONValue in [true, false, " Yes ", "no", 0.5, "true", ["a": 1]] { _ = try await say("right", value) }
            let wrong = try await say("kind", 1)
            _ = try await say("kind", 3.0, overrides: wrong)
            var statistics = TraceStatistics(experiments: [experiment], figure: .score, aggregations: [.average, .count])
            statistics.groups = [.assessmentName]
            let found = try await points(statistics, world)
            #expect(found.map(\.groups) == [["kind"], ["right"]])
            #expect(found.map(\.values) == [[3, 1], [0.5, 5]])
            statistics = TraceStatistics(experiments: [experiment], figure: .assessments, aggregations: [.count])
            statistics.groups = [.assessmentValue]
            statistics.conditions = [.assessmentName("right"), .assessmentKind("feedback")]
            let groups = try await points(statistics, world).map { $0.groups[0] }
            #expect(Set(groups) == ["true", "false", "\" Yes \"", "\"no\"", "0.5", "\"true\"", "{\"a\":1}"])
        }
    }
}
