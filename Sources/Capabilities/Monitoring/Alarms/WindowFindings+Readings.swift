// SPDX-License-Identifier: Apache-2.0

import Statistics

extension WindowFindings {
    /// What each rule that every monitor has reads from the findings; a rule that could not be judged gives none.
    func readings(_ specification: MonitorSpecification) -> [RuleReading] {
        let thresholds = specification.thresholds
        var readings: [RuleReading] = []
        // Late, missing and failing answers are what they are whatever the data; of faults each check has its own reading.
        readings += (checks ?? []).filter { $0.kind == .operations || $0.kind == .dataFault }
        if let reading = referenceReading { readings.append(reading) }
        let common = faults.filter { $0.check == nil }
        if !common.isEmpty {
            readings.append(
                RuleReading(
                    rule: MonitorRule.dataFault, kind: .dataFault, severity: .critical, ofVersion: false, outcome: .breach,
                    summary: common.map(\.explanation).joined(separator: " ")))
        }
        if !faults.isEmpty {
            // What broken data say about a model and its inputs counts for nothing.
            return readings
        }
        if thresholds.checksDataFaults, features.contains(where: { $0.rows >= thresholds.minimumRows }) {
            readings.append(
                RuleReading(
                    rule: MonitorRule.dataFault, kind: .dataFault, severity: .critical, ofVersion: false, outcome: .clean,
                    summary: "No fault of the data."))
        }
        readings += (checks ?? []).filter { $0.kind != .operations && $0.kind != .dataFault }
        if let reading = performanceReading(thresholds) { readings.append(reading) }
        if let score, min(score.rows - score.invalid, score.baselineRows) >= thresholds.minimumRows {
            readings.append(
                RuleReading(
                    rule: MonitorRule.scoreDrift, kind: .drift, severity: .warning, level: score.excess / thresholds.scoreDrift,
                    summary: "The score's stability index is \(Self.text(score.excess)) above noise; the limit is \(thresholds.scoreDrift)."
                ))
        }
        if let reading = inputReading(specification) { readings.append(reading) }
        readings += segments?.readings(thresholds) ?? []
        readings += (references ?? []).compactMap(\.reading)
        return readings
    }

    /// What cannot be compared is told, never passed over.
    private var referenceReading: RuleReading? {
        guard let missing = missingReferences else { return nil }
        return RuleReading(
            rule: MonitorRule.reference, kind: .operations, severity: .warning, ofVersion: false,
            outcome: missing.isEmpty ? .clean : .breach,
            summary: missing.isEmpty ? "All that windows are compared with is there." : missing.joined(separator: " "))
    }

    private func performanceReading(_ thresholds: MonitorThresholds) -> RuleReading? {
        let outcome: RuleOutcome
        switch performance.standing {
        case .notJudged, .unknown: return nil
        case .breached: outcome = .breach
        case .inconclusive: outcome = .near
        case .fine:
            let isNear = (performance.change?.estimate ?? 0) >= RuleReading.cleanBelow * thresholds.logLossMargin
            outcome = isNear ? .near : .clean
        }
        return RuleReading(
            rule: MonitorRule.performance, kind: .performance, severity: .critical,
            level: performance.change.flatMap { thresholds.logLossMargin > 0 ? $0.estimate / thresholds.logLossMargin : nil },
            outcome: outcome, summary: performance.reason)
    }

    /// The share of the inputs that drifted, by importance. Someone is disturbed only when one of them at least also stands Holm's test,
    /// which bounds the chance of any false alarm in the window.
    func inputReading(_ specification: MonitorSpecification) -> RuleReading? {
        let judged = features.filter { $0.excess != nil && $0.adjustedPValue != nil }
        guard !judged.isEmpty else { return nil }
        let importances = specification.importances
        func weight(_ findings: [FeatureFinding]) -> Double { findings.reduce(0) { $0 + (importances[$1.name] ?? 1) } }
        let all = weight(judged)
        guard all > 0 else { return nil }
        let drifted = judged.filter { $0.level != .none }
        let share = weight(drifted) / all
        let family = judged.compactMap { finding in finding.pValue.map { (finding.name, $0) } }
        let adjusted = MultipleTesting.holm.adjusted(family.map(\.1))
        let certain = Set(zip(family, adjusted).filter { $0.1 < specification.thresholds.falseDiscoveryRate }.map(\.0.0))
        let isCertain = drifted.contains { certain.contains($0.name) }
        let level = share / MonitorRule.driftShare
        let causes = ranked(by: importances).prefix(5).map { "\($0.name) (\(Self.text($0.contribution)))" }.joined(separator: ", ")
        return RuleReading(
            rule: MonitorRule.inputDrift, kind: .drift, severity: .warning, level: isCertain ? level : min(level, 0.99),
            summary: "\(Self.text(share * 100)) % of the inputs, by importance, drifted"
                + (causes.isEmpty ? "." : "; first by effect and importance: \(causes)."))
    }

    /// Inputs that drifted, by what they contribute: their effect above noise times their share of the importance; largest first.
    func ranked(by importances: [String: Double]) -> [(name: String, contribution: Double)] {
        let all = features.reduce(0) { $0 + (importances[$1.name] ?? 1) }
        guard all > 0 else { return [] }
        return features.filter { $0.level != .none }.compactMap { finding in
            finding.excess.map { (finding.name, $0 * (importances[finding.name] ?? 1) / all) }
        }.sorted { ($0.1, $1.0) > ($1.1, $0.0) }
    }

    private static func text(_ value: Double) -> String { String((value * 1000).rounded() / 1000) }
}

/// The rules that every monitor has; those of `checks` have the names that the monitor gives them.
package enum MonitorRule {
    package static let dataFault = "data-fault"
    package static let performance = "performance"
    package static let scoreDrift = "score-drift"
    package static let inputDrift = "input-drift"
    package static let segmentPerformance = "segment-performance"
    package static let segmentScore = "segment-score-drift"
    package static let segmentVolume = "segment-volume"
    package static let rollingDrift = "rolling-drift"
    package static let seasonalDrift = "seasonal-drift"
    /// Whether all that windows are to be compared with is there.
    package static let reference = "reference"
    package static let all = [
        dataFault, performance, scoreDrift, inputDrift, segmentPerformance, segmentScore, segmentVolume, rollingDrift, seasonalDrift,
        reference,
    ]

    /// Share of the inputs, by importance, whose drift is a breach.
    static let driftShare = 0.2
}
