// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import TestSupport
import Testing

@testable import Monitoring

@Suite("Metrics of monitors")
struct MetricTests {
    private func answers(_ shift: Double) -> [World.Answer] {
        (0..<1000).map { index in
            let x = Double(index * 7 % 101) + shift
            return World.Answer(
                inputs: ["x": .number(x), "k": .string("v\(index % 3)")], score: 0.05 + 0.1 * Double(index % 10),
                label: index % 10 > 5 ? 1 : 0)
        }
    }

    private func judged(_ world: World) async throws {
        _ = try await world.monitors.apply(
            MonitorSpecification(
                name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("x", .number), MonitoredFeature("k", .category)],
                alarms: AlarmRule(raise: 1, of: 1, opensFrom: .warning), segments: [MonitorSegment("k")]), by: world.amina)
        try await world.log(answers(0), in: World.window(0), prefix: "w0")
        _ = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
        try await world.log(answers(40), in: World.window(1), prefix: "w1")
        _ = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
    }

    private func value(_ families: [MetricFamily], _ metric: MonitorMetric, _ labels: String...) -> Double? {
        families.first { $0.metric == metric }?.points.first { Array($0.labels.suffix(labels.count)) == labels }?.value
    }

    @Test("are those of the window judged last, with few labels", arguments: TestDatabase.allCases)
    func newest(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let metrics = MonitorMetrics(database: world.database)
            #expect(try await metrics.families().allSatisfy { $0.points.isEmpty })
            try await judged(world)
            let families = try await metrics.families()
            #expect(value(families, .rows, "main", "watch", World.endpoint, "flights", "1") == 1000)
            #expect((value(families, .columnDrift, "x") ?? 0) > 0.25 && value(families, .columnNulls, "k") == 0)
            #expect(value(families, .verdict, "drifted") == 1 && value(families, .labelCoverage, "flights", "1") == 1)
            #expect((value(families, .ruleLevel, "input-drift", "") ?? 0) >= 1)
            #expect(value(families, .ruleLevel, "segment-score-drift", "k=v1") != nil)
            #expect(value(families, .incidentsOpen, "watch", "warning") == 1)
            #expect(value(families, .windowEnd, World.endpoint) == Double(World.window(1).end.milliseconds) / 1000)
            for family in families { #expect(family.points.allSatisfy { $0.labels.count == family.metric.labels.count }) }
            // The next window's are read, the old one's are gone.
            try await world.log(answers(0), in: World.window(2), prefix: "w2")
            _ = try await world.monitors.evaluate("watch", World.window(2), by: world.amina)
            let next = try await metrics.families()
            #expect(value(next, .verdict, "healthy") == 1 && value(next, .verdict, "drifted") == nil)
        }
    }

    @Test("beyond the limits are one series and a count", arguments: TestDatabase.allCases)
    func cap(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let features = (0..<60).map { MonitoredFeature("x\($0)", .number, importance: $0 == 59 ? 9 : 1) }
            _ = try await world.monitors.apply(
                MonitorSpecification(name: "watch", endpoint: World.endpoint, features: features, label: nil), by: world.amina)
            let rows = (0..<300).map { index in
                World.Answer(inputs: Dictionary(uniqueKeysWithValues: features.map { ($0.name, .number(Double(index))) }))
            }
            try await world.log(rows, in: World.window(0), prefix: "w0")
            _ = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
            _ = try await world.monitors.evaluate("watch", World.window(0), by: world.amina)
            let families = try await MonitorMetrics(database: world.database).families()
            let drift = try #require(families.first { $0.metric == .columnDrift }?.points)
            #expect(drift.count == 51 && drift.first?.labels.last == "x59" && drift.last?.labels.last == "other")
            #expect(value(families, .leftOut, "dhow_monitor_column_drift") == 10)
            let few = try await MonitorMetrics(database: world.database, mostSeries: 10).families()
            #expect(few.allSatisfy { $0.points.isEmpty || $0.metric == .leftOut })
            #expect(value(few, .leftOut, "dhow_monitor_column_drift") == 61)
        }
    }

    @Test("have Prometheus' form, with what a label may hold escaped")
    func exposition() {
        let family = MetricFamily(metric: .leftOut, points: [.init(labels: ["a\"b\\c\nd"], value: 2)])
        #expect(
            family.exposition == """
                # HELP dhow_monitor_series_left_out Series beyond the limits, which are in the series 'other' or nowhere.
                # TYPE dhow_monitor_series_left_out gauge
                dhow_monitor_series_left_out{metric="a\\"b\\\\c\\nd"} 2.0

                """)
    }

    @Test("are all on the dashboard, and the dashboard asks for no other")
    func dashboard() throws {
        let panels = try #require(Dashboard.document["panels"]?.array)
        let expressions = panels.compactMap { $0["targets"]?.array?.first?["expr"]?.text }
        #expect(expressions.count == MonitorMetric.allCases.count)
        for (metric, expression) in zip(MonitorMetric.allCases, expressions) {
            #expect(expression.contains(metric.rawValue) && expression.contains("monitor=~") == metric.labels.contains("monitor"))
        }
        #expect(Set(panels.compactMap { $0["id"]?.integer }).count == panels.count)
        let places = Set(panels.compactMap { $0["gridPos"]?.jsonText })
        #expect(places.count == panels.count)
    }
}
