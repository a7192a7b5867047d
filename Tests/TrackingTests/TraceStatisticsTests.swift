// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import TestSupport
import Testing
import Tracking

@Suite struct TraceStatisticsTests {
    private static let day: Int64 = 86_400_000

    private func experiment(_ world: TrackingWorld) async throws -> Int64 {
        try await world.experiments.create("measured", by: world.caller).id
    }

    /// A trace that began at a millisecond and took so many.
    private func record(
        _ id: String, in experiment: Int64, at start: Int64 = 1_000, duration: Int64? = nil, name: String? = nil, state: Trace.State = .ok,
        tags: [Tracking.Tag] = [], metadata: [Tracking.Tag] = [], numbers: [String: Double] = [:], _ world: TrackingWorld
    ) async throws {
        let trace = Trace(
            id: id, experiment: experiment, state: state, started: Timestamp(milliseconds: start), duration: duration, name: name,
            tags: tags, metadata: metadata)
        _ = try await world.traces.start(trace, numbers: numbers, by: world.caller)
    }

    private func values(_ statistics: TraceStatistics, _ world: TrackingWorld) async throws -> [[Double?]] {
        try await world.traces.statistics(statistics, limit: 100, by: world.caller).points.map(\.values)
    }

    /// Percentiles by `numpy.percentile([10, 20, 30, 40, 100], [0, 25, 50, 90, 99.9, 100])`.
    @Test("computes NumPy's percentiles beside counts and means", arguments: TestDatabase.allCases)
    func percentiles(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            for (index, duration) in [30, 10, 100, 20, 40].enumerated() {
                try await record("t\(index)", in: experiment, duration: Int64(duration), world)
            }
            try await record("unfinished", in: experiment, world)
            let found = try await values(
                TraceStatistics(
                    experiments: [experiment], figure: .traceDuration,
                    aggregations: [
                        .count, .sum, .average, .minimum, .maximum, .percentile(0), .percentile(25), .percentile(50), .percentile(90),
                        .percentile(99.9), .percentile(100),
                    ]), world)
            let expected = [5, 200, 40, 10, 100, 10, 20, 30, 76, 99.76, 100]
            try #require(found.count == 1)
            for (value, wanted) in zip(found[0], expected) { #expect(abs((value ?? .nan) - wanted) < 1e-9) }
        }
    }

    @Test("counts by name and state, in their order, leaving out traces without a name", arguments: TestDatabase.allCases)
    func groups(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            try await record("1", in: experiment, name: "b", world)
            try await record("2", in: experiment, name: "a", state: .error, world)
            try await record("3", in: experiment, name: "b", world)
            try await record("4", in: experiment, name: "b", state: .error, world)
            try await record("5", in: experiment, world)
            var statistics = TraceStatistics(experiments: [experiment], figure: .traces, aggregations: [.count])
            statistics.groups = [.traceName, .traceState]
            let points = try await world.traces.statistics(statistics, limit: 100, by: world.caller).points
            #expect(points.map(\.groups) == [["a", "ERROR"], ["b", "ERROR"], ["b", "OK"]])
            #expect(points.map(\.values) == [[1], [1], [2]])
        }
    }

    @Test("percentiles are of each group alone", arguments: TestDatabase.allCases)
    func groupedPercentiles(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            for (index, duration) in [1, 2, 3].enumerated() {
                try await record("a\(index)", in: experiment, duration: Int64(duration), name: "a", world)
                try await record("b\(index)", in: experiment, duration: Int64(duration * 100), name: "b", world)
            }
            var statistics = TraceStatistics(
                experiments: [experiment], figure: .traceDuration, aggregations: [.percentile(50), .percentile(75)])
            statistics.groups = [.traceName]
            #expect(try await values(statistics, world) == [[2, 2.5], [200, 250]])
        }
    }

    @Test("sorts traces into days, the first and the last millisecond included", arguments: TestDatabase.allCases)
    func intervals(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            for (index, start) in [Self.day - 1, Self.day, 2 * Self.day - 1, 2 * Self.day, 3 * Self.day].enumerated() {
                try await record("t\(index)", in: experiment, at: start, world)
            }
            var statistics = TraceStatistics(experiments: [experiment], figure: .traces, aggregations: [.count])
            statistics.interval = 86_400
            await #expect(throws: Problem.self) { try await values(statistics, world) }
            statistics.from = Timestamp(milliseconds: Self.day)
            statistics.through = Timestamp(milliseconds: 2 * Self.day)
            let points = try await world.traces.statistics(statistics, limit: 100, by: world.caller).points
            #expect(points.map(\.begin?.milliseconds) == [Self.day, 2 * Self.day])
            #expect(points.map(\.values) == [[2], [1]])
        }
    }

    @Test("gives every group once over pages", arguments: TestDatabase.allCases)
    func pages(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            for index in 0..<7 {
                try await record("t\(index)", in: experiment, at: Int64(index % 2) * Self.day, name: "name \(index)", world)
            }
            var statistics = TraceStatistics(experiments: [experiment], figure: .traces, aggregations: [.count])
            statistics.groups = [.traceName]
            statistics.interval = 86_400
            statistics.from = Timestamp(milliseconds: 0)
            statistics.through = Timestamp(milliseconds: 2 * Self.day)
            var names: [String] = []
            var token: PageToken?
            repeat {
                let page = try await world.traces.statistics(statistics, after: token, limit: 2, by: world.caller)
                names += page.points.map { $0.groups[0] }
                token = page.next
            } while token != nil
            #expect(names == [0, 2, 4, 6, 1, 3, 5].map { "name \($0)" })
        }
    }

    @Test("takes numbers told of traces, and counts different values of metadata", arguments: TestDatabase.allCases)
    func numbers(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            for (index, tokens) in [5.0, 15, .nan].enumerated() {
                try await record(
                    "t\(index)", in: experiment, metadata: [Tracking.Tag("session", "s\(index / 2)")],
                    numbers: ["tokens": tokens, "other": 1], world
                )
            }
            try await record("none", in: experiment, world)
            #expect(
                try await values(
                    TraceStatistics(experiments: [experiment], figure: .traceNumber("tokens"), aggregations: [.sum, .average, .count]),
                    world)
                    == [[20, 10, 2]])
            #expect(
                try await values(
                    TraceStatistics(experiments: [experiment], figure: .distinctMetadata("session"), aggregations: [.count]), world) == [
                        [2]
                    ])
        }
    }

    @Test("narrows by state, name, tag, metadata and run", arguments: TestDatabase.allCases)
    func conditions(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            let run = try await world.newRun()
            try await record("1", in: experiment, name: "a", tags: [Tracking.Tag("t", "x")], metadata: [Tracking.Tag("m", "y")], world)
            try await record("2", in: experiment, name: "b", state: .error, world)
            try await world.traces.link(["2"], .run, [run.id], by: world.caller)
            func count(_ conditions: TraceStatistics.Condition...) async throws -> Double? {
                var statistics = TraceStatistics(experiments: [experiment], figure: .traces, aggregations: [.count])
                statistics.conditions = conditions
                return try await values(statistics, world)[0][0]
            }
            #expect(try await count() == 2)
            #expect(try await count(.traceState("ERROR")) == 1)
            #expect(try await count(.traceName("a"), .traceTag("t", "x"), .traceMetadata("m", "y")) == 1)
            #expect(try await count(.traceTag("t", "z")) == 0)
            #expect(try await count(.run(run.id), .traceName("b")) == 1)
            #expect(try await count(.run(run.id), .traceName("a")) == 0)
            await #expect(throws: Problem.self) { try await count(.spanName("a")) }
        }
    }

    @Test("sees no deleted traces and none of other workspaces", arguments: TestDatabase.allCases)
    func isolation(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let experiment = try await experiment(world)
            try await record("kept", in: experiment, numbers: ["n": 1], world)
            try await record("deleted", in: experiment, numbers: ["n": 1], world)
            _ = try await world.traces.delete(in: experiment, ids: ["deleted"], by: world.caller)
            let statistics = TraceStatistics(experiments: [experiment], figure: .traceNumber("n"), aggregations: [.count])
            #expect(try await values(statistics, world) == [[1]])
            let other = Caller.controller("tests", in: "other")
            #expect(try await world.traces.statistics(statistics, limit: 10, by: other).points.map(\.values) == [[0]])
        }
    }
}
