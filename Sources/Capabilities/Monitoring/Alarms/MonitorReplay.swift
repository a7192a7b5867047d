// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// How often a rule would alarm about data that have not changed.
package struct FalseAlarmExpectation: Codable, Equatable, Sendable {
    package var rule: String
    package var replayedWindows: Int
    package var rowsPerWindow: Int
    package var breaches: Int
    /// Incidents that the breaches would have opened, one after the other.
    package var alarms: Int
    package var windowsPerMonth: Double
    package var falseAlarmsPerMonth: Double
    package var statement: String
}

/// Replays the drift rules, and those of segments and of several columns together, over windows that are drawn from a monitor's own baseline, so that nothing in them has changed; pure.
///
/// Each round splits every column's values at random in two halves: one is the baseline, from the other windows are drawn without
/// replacement, so that both are samples, as in life. Columns are drawn apart from each other: what they have in common is not in the windows, which
/// makes false alarms of several columns at once rarer than they are.
package struct MonitorReplay {
    package static let windows = 120
    static let rounds = 12
    /// Without a schedule windows are taken for a day long.
    private static let usualWindow = 86_400.0
    private static let month = 30 * 86_400.0

    let specification: MonitorSpecification
    let baseline: BaselineProfile
    /// Nil when no window has been judged yet.
    let rowsPerWindow: Int?
    let seed: UInt64

    package init(specification: MonitorSpecification, baseline: BaselineProfile, rowsPerWindow: Int?, seed: UInt64) {
        self.specification = specification
        self.baseline = baseline
        self.rowsPerWindow = rowsPerWindow
        self.seed = seed
    }

    package func expectations() -> [FalseAlarmExpectation] {
        let inputs = inputOutcomes()
        var expectations = inputs.map { [expectation(of: MonitorRule.inputDrift, [$0.outcomes], rows: $0.rows)] } ?? []
        // Of data that have not changed, the windows before and those a season before are as good a baseline as the frozen one.
        if let inputs {
            expectations += (specification.references ?? []).map { expectation(of: $0.rule, [inputs.outcomes], rows: inputs.rows) }
        }
        return expectations + segmentExpectations() + jointExpectations()
    }

    /// Nil where the baseline has too few rows.
    private func inputOutcomes() -> (outcomes: [RuleOutcome], rows: Int)? {
        let columns = specification.features.compactMap { feature in values(of: feature).map { (feature, $0) } }
        let most = (columns.map(\.1.count).min() ?? 0) / 2
        let rows = min(rowsPerWindow ?? specification.thresholds.minimumRows, most)
        guard rows >= specification.thresholds.minimumRows else { return nil }
        var generator = SplitMix64(seed: seed)
        var outcomes: [RuleOutcome] = []
        for _ in 0..<Self.rounds {
            let shuffled = columns.map { feature, values in (feature, Self.shuffled(values, &generator)) }
            let reference = BaselineProfile.build(
                of: columns.map(\.0), from: Self.rows(shuffled.map { ($0, Array($1.dropFirst($1.count / 2))) }, count: most, "reference"))
            for _ in 0..<Self.windows / Self.rounds {
                let drawn = shuffled.map { feature, values in
                    (feature, Self.shuffled(Array(values.prefix(values.count / 2)), &generator))
                }
                let window = Self.rows(drawn, count: rows, "window")
                outcomes.append(outcome(of: window, against: reference, features: columns.map(\.0)))
            }
        }
        return (outcomes, rows)
    }

    static func noBaseline(_ monitor: String) -> Problem {
        Problem(
            .rejected, "monitoring.expectation.no-baseline", "Monitor '\(monitor)' has no baseline to replay.",
            fix: "Give a version one: dhow monitor rebase.")
    }

    private func outcome(of rows: [MonitoredRow], against reference: BaselineProfile, features: [MonitoredFeature]) -> RuleOutcome {
        var summary = WindowSummary(features: features, baseline: reference)
        for row in rows { summary.add(row, isJudged: false) }
        var specification = specification
        specification.features = features
        let drift = DriftJudge(thresholds: specification.thresholds, baseline: reference, current: summary).findings()
        let findings = WindowFindings(
            features: drift.features, score: nil, performance: .notJudged, faults: [], falseAlarms: drift.control, verdict: .healthy,
            reasons: [])
        return findings.inputReading(specification)?.outcome ?? .clean
    }

    /// - Parameter outcomes: Of each subject that opens incidents of its own, window after window.
    func expectation(of rule: String, _ outcomes: [[RuleOutcome]], rows: Int) -> FalseAlarmExpectation {
        let windows = outcomes.map(\.count).max() ?? 0
        let alarms = outcomes.reduce(0) { $0 + AlarmDecision.alarms(over: $1, by: specification.alarms ?? AlarmRule()) }
        let perMonth = Self.month / (specification.schedule.map { Double($0.everySeconds) } ?? Self.usualWindow)
        let expected = Double(alarms) / Double(max(windows, 1)) * perMonth
        // Even none in so many windows leaves this much possible, at 95 % (the rule of three).
        let atMost = Double(max(3, alarms)) / Double(max(windows, 1)) * perMonth
        return FalseAlarmExpectation(
            rule: rule, replayedWindows: windows, rowsPerWindow: rows,
            breaches: outcomes.reduce(0) { $0 + $1.count { $0 == .breach } }, alarms: alarms, windowsPerMonth: perMonth,
            falseAlarmsPerMonth: expected,
            statement:
                "With these settings \(Self.text(expected)) false alarms a month are expected, from \(windows) windows of \(rows) rows "
                + "drawn from the baseline"
                + (alarms == 0 ? "; none came, which still allows \(Self.text(atMost))." : "."))
    }

    /// As JSON; nil for a feature without values to draw from.
    private func values(of feature: MonitoredFeature) -> [JSONValue]? {
        switch feature.kind {
        case .number: return baseline.samples[feature.name]?.map { .number($0) }
        case .category:
            guard let profile = baseline.categorical[feature.name], profile.valueCount > 0 else { return nil }
            let scale = min(1, Double(NumericSummary.sampleLimit) / Double(profile.valueCount))
            return profile.counts.sorted { $0.key < $1.key }.flatMap { value, count in
                Array(repeating: JSONValue.string(value), count: Int((Double(count) * scale).rounded()))
            }
        }
    }

    private static func rows(
        _ columns: [(MonitoredFeature, [JSONValue])], count: Int, _ prefix: String
    ) -> [MonitoredRow] {
        (0..<count).map { index in
            var inputs: [String: JSONValue] = [:]
            for (feature, values) in columns where index < values.count { inputs[feature.name] = values[index] }
            return MonitoredRow(key: "\(prefix).\(index)", time: nil, inputs: inputs, score: nil, isPositive: nil)
        }
    }

    static func shuffled<Value>(_ values: [Value], _ generator: inout SplitMix64) -> [Value] {
        var values = values
        for index in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(index, Int(generator.next(upperBound: UInt64(index + 1))))
        }
        return values
    }

    private static func text(_ value: Double) -> String { String((value * 100).rounded() / 100) }
}
