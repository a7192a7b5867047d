// SPDX-License-Identifier: Apache-2.0

import Domain
import Monitoring
import TestSupport
import Testing

@Suite("Labels and their cohorts")
struct LabelTests {
    private static let hour = 3600
    private static let day = 86_400

    /// Predictions of all ages up to `oldest` seconds, of which some get a label after an hour, some after ten hours, and the rest none.
    private func curve(oldest: Int = 10 * day, early: Int = 60, late: Int = 30, never: Int = 10, count: Int = 5000) -> LabelDelayCurve {
        LabelDelayCurve(
            (0..<count).map { index in
                let age = oldest / count * index
                let place = index * 37 % (early + late + never)
                let delay = place < early ? Self.hour : place < early + late ? 10 * Self.hour : nil
                return LabelDelayCurve.Observation(
                    age: .seconds(age), delay: delay.flatMap { $0 <= age ? .seconds($0) : nil })
            })
    }

    @Test("the curve is the share of predictions of an age that have a label, however many young ones still wait")
    func shares() throws {
        let curve = curve()
        for (hours, share) in [(0.5, 0.0), (1, 0.6), (6, 0.6), (12, 0.9), (120, 0.9)] {
            #expect(abs(curve.share(at: .seconds(hours * 3600)) - share) < 0.01, "\(hours) h: \(curve.points)")
        }
        #expect(abs(try #require(curve.usual) - 0.9) < 0.01 && curve.usualDelay == .seconds(12 * Self.hour))
        #expect(curve.points.map(\.share) == curve.points.map(\.share).sorted())
        // While the curve still rises, nobody can tell what is usual.
        #expect(self.curve(oldest: 2 * Self.hour).usual == nil)
        #expect(self.curve(count: 90).points.isEmpty && LabelDelayCurve([]).usual == nil)
        #expect(self.curve(early: 0, late: 0, never: 100).usual == nil)
    }

    @Test("a cohort is mature with 95 % of what is usual, late when it should be and is not, and mature again when nothing will come")
    func standings() {
        let curve = curve()
        func standing(hours: Double, labelled: Int) -> LabelStanding {
            var arrivals = LabelArrivals()
            for index in 0..<1000 { arrivals.add(age: .seconds(hours * 3600), isLabelled: index < labelled) }
            return arrivals.standing(curve, otherwise: 0.8)
        }
        #expect(standing(hours: 2, labelled: 600).maturity == .immature)
        #expect(standing(hours: 2, labelled: 860).maturity == .mature)
        #expect(standing(hours: 2, labelled: 850).maturity == .immature)
        #expect(standing(hours: 13, labelled: 900).maturity == .mature)
        #expect(standing(hours: 13, labelled: 500).maturity == .late)
        let over = standing(hours: 30, labelled: 500)
        #expect(over.maturity == .mature && over.missing == 500 && over.waiting == 0 && over.coverage == 0.5)
        let young = standing(hours: 2, labelled: 600)
        #expect(young.waiting == 400 && young.missing == 0 && abs((young.expected ?? 0) - 2 / 3) < 0.01)
        #expect(LabelArrivals().standing(curve, otherwise: 0.8).maturity == .immature)
        // Without anything usual the threshold of the monitor decides.
        var arrivals = LabelArrivals()
        for index in 0..<10 { arrivals.add(age: .zero, isLabelled: index < 8) }
        #expect(arrivals.standing(nil, otherwise: 0.8).maturity == .mature)
        #expect(arrivals.standing(nil, otherwise: 0.9).maturity == .immature)
    }

    /// The day's rows: those of "c" are not labelled, the others half at once and half later.
    private func answers(_ count: Int) -> [World.Answer] {
        (0..<count).map { index in
            World.Answer(inputs: ["k": .string(["a", "b", "c"][index % 3])], score: index % 3 == 2 ? 0.9 : 0.1 + 0.2 * Double(index % 4))
        }
    }

    private func label(_ world: World, _ prefix: String, _ count: Int, half: Int) async throws {
        let labels = (0..<count).filter { $0 % 3 != 2 && $0 / 3 % 2 == half }.map { (id: "\(prefix).\($0)", value: Double($0 % 4 / 2)) }
        try await world.label(labels)
    }

    private func specification(coverage: Double) -> MonitorSpecification {
        var thresholds = MonitorThresholds()
        thresholds.labelCoverage = coverage
        thresholds.minimumLabels = 20
        thresholds.minimumRows = 20
        return MonitorSpecification(
            name: "watch", endpoint: World.endpoint, features: [MonitoredFeature("k", .category)], thresholds: thresholds)
    }

    @Test(
        "cohorts say which have their labels, what never gets one, and immature ones are compared with nothing",
        arguments: TestDatabase.allCases)
    func cohorts(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.monitors.apply(specification(coverage: 0.3), by: world.amina)
            func today() -> Window {
                let start = world.clock.now().milliseconds / World.day * World.day
                return Window(start: Timestamp(milliseconds: start), end: Timestamp(milliseconds: start + World.day))
            }
            for day in 0..<12 {
                try await world.log(answers(150), in: today(), prefix: "d\(day)")
                world.clock.advance(by: .seconds(Self.hour))
                try await label(world, "d\(day)", 150, half: 0)
                // Of the last day the second half is still to come.
                guard day < 11 else { break }
                world.clock.advance(by: .seconds(10 * Self.hour))
                try await label(world, "d\(day)", 150, half: 1)
                world.clock.advance(by: .seconds(13 * Self.hour))
            }
            try await world.label([("ghost.1", 1), ("ghost.2", 0)])

            let report = try await world.monitors.labels(of: "watch", by: world.viewer)
            #expect(report.cohorts.map(\.standing.maturity) == Array(repeating: .mature, count: 11) + [.immature])
            #expect(report.cohorts.allSatisfy { $0.rows == 150 } && report.unknown == 2)
            #expect(abs((report.curve.usual ?? 0) - 2 / 3) < 0.01 && report.curve.usualDelay == .seconds(12 * Self.hour))
            let last = try #require(report.cohorts.last)
            #expect(last.labelled == 50 && last.standing.waiting == 100 && last.logLoss == nil && last.positiveRate == nil)
            #expect(report.cohorts.first?.logLoss != nil && report.cohorts.first?.standing.missing == 50)
            // What is missing is not like what is there.
            let gaps = try #require(report.gaps)
            #expect(gaps.missing == 550 && gaps.labelled == 1100 && !gaps.isAtRandom)
            #expect(Set(gaps.differences.map(\.subject)) == ["score", "feature/k"])
            #expect(gaps.differences.contains { $0.statement.contains("'c', 100.0 % have no label; of all, 33.3 %") }, "\(gaps)")

            // The youngest window: 33 % are above the monitor's own threshold, but half of what is usual.
            let early = try await world.monitors.evaluate("watch", today(), by: world.amina)
            let performance = early.findings.performance
            #expect(performance.labels?.maturity == .immature && performance.standing == .unknown && performance.change == nil)
            #expect(performance.reason.contains("immature"), "\(performance.reason)")
            let baseline = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: today(), by: world.amina)
            #expect(baseline.profile.level == nil && baseline.profile.outcomes == nil)
            func line() async throws -> Int {
                try await world.monitors.measurements(of: "watch", subject: "performance", "log-loss", by: world.viewer).count
            }
            #expect(try await line() == 0)

            let window = today()
            world.clock.advance(by: .seconds(10 * Self.hour))
            try await label(world, "d11", 150, half: 1)
            let full = try await world.monitors.evaluate("watch", window, by: world.amina)
            #expect(full.findings.performance.labels?.maturity == .mature, "\(full.findings.performance)")
            #expect(try await line() == 1)
            let again = try await world.monitors.rebase("watch", model: "flights", version: 1, fromWindow: window, by: world.amina)
            #expect(again.profile.level?.rowCount == 100)
        }
    }

    @Test("cohorts are the schedule's windows, and not too many", arguments: TestDatabase.allCases)
    func spans(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            var hourly = specification(coverage: 0.8)
            hourly.schedule = MonitorSchedule(everySeconds: Self.hour, latenessSeconds: 60)
            _ = try await world.monitors.apply(hourly, by: world.amina)
            let start = Timestamp(milliseconds: World.beginning)
            let day = Window(start: start, end: start + .seconds(Self.day))
            try await world.log(answers(240), in: day, prefix: "x")
            let report = try await world.monitors.labels(of: "watch", in: day, by: world.viewer)
            #expect(report.cohorts.count == 24 && report.cohorts.allSatisfy { $0.rows == 10 && $0.standing.maturity == .immature })
            #expect(report.curve.points.isEmpty && report.gaps == nil && report.unknown == 0)
            let long = Window(start: start, end: start + .seconds(30 * Self.day))
            let refusal = try await code { _ = try await world.monitors.labels(of: "watch", in: long, by: world.viewer) }
            #expect(refusal == "monitoring.labels.too-many")
            #expect(try await code { _ = try await world.monitors.labels(of: "none", by: world.viewer) } == "monitoring.monitor.unknown")
            #expect(try await world.monitors.labels(of: "watch", by: world.viewer).cohorts.isEmpty)
        }
    }
}
