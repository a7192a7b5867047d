// SPDX-License-Identifier: Apache-2.0

import Domain
import Monitoring
import TestSupport
import Testing

@Suite("Alarms")
struct AlarmTests {
    @Test("k of the last m windows raise, a run of clean ones clears, all else holds")
    func decisions() {
        let rule = AlarmRule(raise: 2, of: 3, clear: 3)
        let cases: [([RuleOutcome], AlarmDecision)] = [
            ([], .hold), ([.breach], .hold), ([.breach, .breach], .raise), ([.breach, .clean, .breach], .raise),
            ([.breach, .clean, .clean, .breach], .hold), ([.clean, .breach, .breach], .hold), ([.clean, .clean], .hold),
            ([.clean, .clean, .clean], .clear), ([.clean, .near, .clean, .clean], .hold), ([.near, .clean, .clean, .clean], .hold),
        ]
        for (outcomes, wanted) in cases { #expect(AlarmDecision(outcomes, by: rule) == wanted, "\(outcomes)") }
        #expect(AlarmDecision.alarms(over: [.breach, .breach, .breach, .clean, .clean, .clean, .breach, .breach], by: rule) == 2)
        #expect(AlarmDecision.alarms(over: [.breach, .breach, .clean, .near, .clean, .breach, .breach], by: rule) == 1)
    }

    @Test("a level is a breach at its limit and clean below four fifths of it")
    func levels() {
        func outcome(_ level: Double) -> RuleOutcome {
            RuleReading(rule: "r", kind: .drift, severity: .warning, level: level, summary: "").outcome
        }
        #expect([0, 0.79, 0.8, 0.99, 1, 7, .infinity].map(outcome) == [.clean, .clean, .near, .near, .breach, .breach, .breach])
    }

    @Test("both spans of a pair must burn, and few bad answers say nothing")
    func burns() throws {
        typealias Count = BurnRate.Count
        let quiet = (long: Count(answers: 100_000, bad: 0), short: Count(answers: 1000, bad: 0))
        func level(_ long: Count, _ short: Count) -> Double? {
            BurnRate([(long, short), quiet, quiet], objective: 0.999)?.level
        }
        // 1.44 % of errors uses up 2 % of a month's budget in an hour.
        let page = try #require(level(Count(answers: 10_000, bad: 144), Count(answers: 1000, bad: 15)))
        #expect(abs(page - 1) < 1e-9)
        #expect(level(Count(answers: 10_000, bad: 144), Count(answers: 1000, bad: 0)) == 0)
        #expect(level(Count(answers: 9, bad: 9), Count(answers: 9, bad: 9)) == 0)
        let empty = (long: Count(answers: 0, bad: 0), short: Count(answers: 0, bad: 0))
        #expect(BurnRate([empty, empty, empty], objective: 0.99) == nil)
    }

    @Test("of data that have not changed the replay expects few alarms, and of a rule that cannot tell noise it says so")
    func replay() throws {
        let features = [MonitoredFeature("a", .number), MonitoredFeature("b", .category)]
        let rows = (0..<4000).map { index in
            MonitoredRow(
                key: "\(index)", time: nil,
                inputs: ["a": .number(Double(index * 7919 % 1009)), "b": .string(["x", "y", "z"][index % 3])], score: nil, isPositive: nil)
        }
        let baseline = BaselineProfile.build(of: features, from: rows)
        let usual = MonitorSpecification(name: "m", endpoint: "e", features: features, schedule: MonitorSchedule(everySeconds: 3600))
        let calm = try #require(
            MonitorReplay(specification: usual, baseline: baseline, rowsPerWindow: 500, seed: 1).expectations().first)
        #expect(calm.replayedWindows == 120 && calm.rowsPerWindow == 500 && calm.windowsPerMonth == 720)
        #expect(calm.alarms == 0 && calm.statement.contains("still allows"), "\(calm)")
        var nervous = usual
        nervous.thresholds.driftWarning = 1e-9
        nervous.thresholds.falseDiscoveryRate = 0.49
        nervous.alarms = AlarmRule(raise: 1, of: 1, clear: 1)
        let noisy = try #require(
            MonitorReplay(specification: nervous, baseline: baseline, rowsPerWindow: 500, seed: 1).expectations().first)
        #expect(noisy.alarms > 5 && noisy.falseAlarmsPerMonth == Double(noisy.alarms) / 120 * 720, "\(noisy)")
        #expect(MonitorReplay(specification: usual, baseline: baseline, rowsPerWindow: 50, seed: 1).expectations().isEmpty)
    }
}
