// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics
import TestSupport
import Testing

@testable import Monitoring

@Suite("Segments")
struct SegmentTests {
    private static let segments = [MonitorSegment("k"), MonitorSegment("x", from: 50)]
    private let specification = MonitorSpecification(
        name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("x", .number), MonitoredFeature("k", .category)],
        alarms: AlarmRule(raise: 1, of: 1, opensFrom: .warning), segments: segments)

    /// Scores of ten levels, and labels that follow them but where `turned` says otherwise.
    private func answers(
        _ count: Int = 3000, of groups: (Int) -> String = { ["a", "b", "c"][$0 / 10 % 3] }, score shift: (Int) -> Double = { _ in 0 },
        turned: (Int) -> Bool = { _ in false }
    ) -> [World.Answer] {
        (0..<count).map { index in
            let level = 0.05 + 0.1 * Double(index % 10)
            let usual = Double(index / 10 * 37 % 100) / 100 < level
            return World.Answer(
                inputs: ["x": .number(Double(index * 7 % 101)), "k": .string(groups(index))], score: min(0.99, level + shift(index)),
                label: usual != turned(index) ? 1 : 0)
        }
    }

    private func judge(_ world: World, _ answers: [World.Answer]) async throws -> Evaluation {
        _ = try await world.monitors.apply(specification, by: world.amina)
        try await world.log(self.answers(), in: World.window(0), prefix: "w0")
        let baseline = try await world.monitors.rebase(
            "watch", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
        #expect(Set(baseline.profile.segments?.keys.map(\.self) ?? []) == ["k=a", "k=b", "k=c", "x>=50"])
        try await world.log(answers, in: World.window(1), prefix: "w1")
        return try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
    }

    private func breaches(_ evaluation: Evaluation) -> Set<String> {
        let readings = evaluation.findings.readings(specification).filter { $0.outcome == .breach && !$0.segment.isEmpty }
        return Set(readings.map { "\($0.rule) \($0.segment)" })
    }

    @Test("of a window like its baseline are clean", arguments: TestDatabase.allCases)
    func clean(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let evaluation = try await judge(world, answers())
            #expect(breaches(evaluation).isEmpty && evaluation.verdict == .healthy)
            let findings = try #require(evaluation.findings.segments)
            #expect(findings.segments.count == 4 && findings.leftOut == 0)
            #expect(
                findings.segments.allSatisfy {
                    $0.lossAdjustedPValue != nil && $0.scoreAdjustedPValue != nil && $0.shareAdjustedPValue != nil
                })
        }
    }

    @Test("a loss that rose in one is an incident of that one, with mix and rate", arguments: TestDatabase.allCases)
    func loss(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let evaluation = try await judge(world, answers(turned: { $0 / 10 % 3 == 1 && $0 % 10 > 5 }))
            #expect(breaches(evaluation).contains("segment-performance k=b"))
            #expect(!breaches(evaluation).contains("segment-performance k=a") && !breaches(evaluation).contains("segment-performance k=c"))
            let finding = try #require(evaluation.findings.segments?.segments.first { $0.name == "k=b" })
            #expect((finding.rate ?? 0) > 0.05 && abs(finding.mix ?? 1) < 1e-9, "\(finding)")
            let incident = try #require(try await world.incidents.incidents(by: world.viewer).first { $0.segment == "k=b" })
            #expect(incident.rule == "segment-performance" && incident.version == 1 && incident.severity == .critical)
            #expect(incident.summary.contains("k=b") && incident.summary.contains("rate"))
            // The same window again, and the next one like it, are the same incident.
            _ = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(try await world.incidents.incidents(by: world.viewer).count { $0.segment == "k=b" } == 1)
        }
    }

    @Test("a score that moved in one, and rows that went elsewhere, are told of those", arguments: TestDatabase.allCases)
    func scoreAndVolume(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let moved = try await judge(
                world,
                answers(
                    of: { $0 % 300 < 30 ? "a" : $0 % 300 < 180 ? "b" : $0 % 300 < 290 ? "c" : "new" },
                    score: { $0 % 300 < 180 && $0 % 300 >= 30 ? 0.35 : 0 }))
            let found = breaches(moved)
            #expect(found.isSuperset(of: ["segment-score-drift k=b", "segment-volume k=a"]), "\(found)")
            #expect(!found.contains("segment-score-drift k=c") && !found.contains("segment-volume k=b"), "\(found)")
            #expect(moved.findings.segments?.leftOut == 1 && moved.findings.segments?.leftOutRows == 100)
            #expect(moved.findings.reasons.contains { $0.contains("were not judged") })
        }
    }

    @Test("of a baseline that was made without them are not judged, which is said", arguments: TestDatabase.allCases)
    func older(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            var plain = specification
            plain.segments = nil
            _ = try await world.monitors.apply(plain, by: world.amina)
            try await world.log(answers(), in: World.window(0), prefix: "w0")
            _ = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: World.window(0), by: world.amina)
            _ = try await world.monitors.apply(specification, by: world.amina)
            try await world.log(answers(), in: World.window(1), prefix: "w1")
            let evaluation = try await world.monitors.evaluate("watch", World.window(1), by: world.amina)
            #expect(evaluation.findings.reasons.contains { $0.contains("made without these segments") })
        }
    }

    @Test("beyond fifty the largest are judged and the rest is counted")
    func limit() throws {
        let rows = (0..<20_000).map { index in
            MonitoredRow(
                key: "\(index)", time: nil, inputs: ["k": .string("v\(index % 100 < 60 ? index % 60 : index % 100)")], score: nil,
                isPositive: nil)
        }
        let many = MonitorSpecification(name: "m", endpoint: "e", features: [], segments: [MonitorSegment("k")])
        let baseline = BaselineProfile.build(for: many, from: rows)
        #expect(baseline.segments?.count == MonitorSegment.judged)
        var summary = WindowSummary(features: [], baseline: baseline)
        summary.follow(many.segments ?? [], in: baseline)
        for row in rows { summary.add(row) }
        let findings = try #require(SegmentJudge(thresholds: MonitorThresholds(), baseline: baseline, current: summary).findings())
        #expect(findings.segments.count == 50 && findings.leftOut == 50)
        #expect(findings.segments.reduce(0) { $0 + $1.rows } + findings.leftOutRows == 20_000)
    }

    /// Effects are not asked for, so only the tests hold alarms down.
    @Test("of data that have not changed, no more windows alarm than the level says")
    func rate() throws {
        var thresholds = MonitorThresholds()
        thresholds.logLossMargin = 0
        thresholds.scoreDrift = 1e-9
        let rules = [MonitorSegment("k")]
        let specification = MonitorSpecification(name: "m", endpoint: "e", features: [], thresholds: thresholds, segments: rules)
        var generator = SplitMix64(seed: 7)
        func rows(_ count: Int) -> [MonitoredRow] {
            (0..<count).map { index in
                let score = Double(generator.below(1000)) / 1000
                return MonitoredRow(
                    key: "\(generator.below(1 << 40))", time: Timestamp(milliseconds: Int64(index % 10) * World.day),
                    inputs: ["k": .string("v\(generator.below(8))")], score: min(0.99, max(0.01, score)),
                    isPositive: Double(generator.below(1000)) / 1000 < score)
            }
        }
        let windows = 100
        var alarms: [String: Int] = [:]
        for _ in 0..<windows {
            let baseline = BaselineProfile.build(for: specification, from: rows(1200))
            var summary = WindowSummary(features: [], baseline: baseline)
            summary.follow(rules, in: baseline)
            for row in rows(1000) { summary.add(row) }
            let findings = try #require(SegmentJudge(thresholds: thresholds, baseline: baseline, current: summary).findings())
            #expect(findings.segments.count == 8)
            if findings.segments.contains(where: { $0.lossAdjustedPValue ?? 1 < 0.05 }) { alarms["loss", default: 0] += 1 }
            if findings.segments.contains(where: { $0.scoreAdjustedPValue ?? 1 < 0.05 }) { alarms["score", default: 0] += 1 }
            if findings.segments.contains(where: { $0.shareAdjustedPValue ?? 1 < 0.05 }) { alarms["share", default: 0] += 1 }
        }
        // 5 % of 100 are 5; three standard deviations of it are 6.5.
        for (test, number) in alarms { #expect(number <= 11, "\(test)") }
        #expect(alarms.values.reduce(0, +) > 0)
    }

    @Test("rules about them have their expected false alarms, by replay")
    func replay() throws {
        var generator = SplitMix64(seed: 3)
        let rows = (0..<3000).map { index in
            let score = 0.05 + 0.1 * Double(index % 10)
            return MonitoredRow(
                key: "\(index)", time: nil, inputs: ["k": .string(["a", "b"][generator.below(2)])], score: score,
                isPositive: Double(generator.below(100)) / 100 < score)
        }
        let specification = MonitorSpecification(name: "m", endpoint: "e", features: [], segments: [MonitorSegment("k")])
        let baseline = BaselineProfile.build(for: specification, from: rows)
        let expected = MonitorReplay(specification: specification, baseline: baseline, rowsPerWindow: 1000, seed: 1).expectations()
        #expect(expected.map(\.rule) == ["segment-performance", "segment-score-drift", "segment-volume"])
        #expect(expected.allSatisfy { $0.replayedWindows == 120 && $0.rowsPerWindow == 1000 && $0.alarms == 0 }, "\(expected)")
    }

    @Test("that cannot be told apart or are too many are refused")
    func refused() {
        let wrong: [[MonitorSegment]] = [
            [MonitorSegment("")], [MonitorSegment("k"), MonitorSegment("k")], [MonitorSegment("x", from: 2, below: 1)],
            [MonitorSegment("x", values: [])], [MonitorSegment("x", values: ["1"], from: 1)], (0..<11).map { MonitorSegment("k\($0)") },
        ]
        for segments in wrong {
            let specification = MonitorSpecification(name: "m", endpoint: "e", features: [], segments: segments)
            #expect(throws: Problem.self, "\(segments)") { try specification.validate() }
        }
    }
}

extension SplitMix64 {
    /// A whole number from 0 up to, not including, the bound.
    mutating func below(_ bound: Int) -> Int { Int(next(upperBound: UInt64(bound))) }
}
