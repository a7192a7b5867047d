// SPDX-License-Identifier: Apache-2.0

import Domain

/// What one evaluation shows, in few series whatever it has looked at; pure.
struct MonitorGauges {
    static let columns = 50
    static let segments = 50
    static let other = "other"

    private(set) var points: [MonitorMetric: [MetricFamily.Point]] = [:]
    /// Series that went into `other`, by metric.
    private(set) var leftOut: [MonitorMetric: Int] = [:]

    var count: Int { points.values.reduce(0) { $0 + $1.count } }

    init(_ evaluation: Evaluation, _ specification: MonitorSpecification, workspace: String) {
        let monitor = [workspace, evaluation.monitor, evaluation.endpoint]
        let version = monitor + [evaluation.model ?? "", evaluation.version.map(String.init) ?? ""]
        func add(_ metric: MonitorMetric, _ labels: [String], _ value: Double?) {
            guard let value, value.isFinite else { return }
            points[metric, default: []].append(MetricFamily.Point(labels: labels, value: value))
        }
        add(.windowEnd, monitor, Double(evaluation.window.end.milliseconds) / 1000)
        add(.verdict, monitor + [evaluation.verdict.rawValue], 1)
        add(.rows, version, Double(evaluation.rowCount))
        let findings = evaluation.findings
        add(.scoreDrift, version, findings.score?.excess)
        add(.logLoss, version, findings.performance.level?.logLoss)
        add(.logLossChange, version, findings.performance.change?.estimate)
        if findings.performance.scoredRows > 0 { add(.labelCoverage, version, findings.performance.coverage) }

        // Which columns are shown must not change from window to window, so it does not depend on what was found.
        let importances = specification.importances
        let ordered = findings.features.sorted { (importances[$1.name] ?? 1, $0.name) < (importances[$0.name] ?? 1, $1.name) }
        let shown = ordered.filter { $0.name != Self.other }.prefix(Self.columns)
        let names = Set(shown.map(\.name))
        let rest = ordered.filter { !names.contains($0.name) }
        let numbers: [(MonitorMetric, (FeatureFinding) -> Double?)] = [
            (.columnDrift, { $0.excess }), (.columnNulls, { $0.rows > 0 ? Double($0.nulls) / Double($0.rows) : nil }),
        ]
        for (metric, number) in numbers {
            for finding in shown { add(metric, version + [finding.name], number(finding)) }
            guard !rest.isEmpty else { continue }
            add(metric, version + [Self.other], rest.compactMap(number).max())
            leftOut[metric] = rest.count
        }
        addRules(findings.readings(specification), version)
    }

    private mutating func addRules(_ readings: [RuleReading], _ version: [String]) {
        func level(_ reading: RuleReading) -> Double { reading.level ?? (reading.outcome == .breach ? 1 : 0) }
        func add(_ rule: String, _ segment: String, _ value: Double) {
            points[.ruleLevel, default: []].append(MetricFamily.Point(labels: version + [rule, segment], value: value))
        }
        for reading in readings where reading.segment.isEmpty { add(reading.rule, "", level(reading)) }
        let names = Set(readings.map(\.segment)).subtracting(["", Self.other]).sorted()
        let shown = Set(names.prefix(Self.segments))
        var rest: [String: [Double]] = [:]
        for reading in readings where !reading.segment.isEmpty {
            if shown.contains(reading.segment) {
                add(reading.rule, reading.segment, level(reading))
            } else {
                rest[reading.rule, default: []].append(level(reading))
            }
        }
        for (rule, levels) in rest.sorted(by: { $0.key < $1.key }) { add(rule, Self.other, levels.max() ?? 0) }
        if !rest.isEmpty { leftOut[.ruleLevel] = rest.values.reduce(0) { $0 + $1.count } }
    }
}
