// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics

/// Judges a window against its baseline and an earlier window; pure.
struct WindowJudge {
    let specification: MonitorSpecification
    let baseline: BaselineProfile?
    /// The window before; nil when there is none.
    let earlier: WindowSummary?
    /// Faults known of the window before.
    let standing: [DataFault]
    let current: WindowSummary
    /// Whether its labels are in; nil where none are expected.
    let labels: LabelStanding?
    /// Of `BurnRate.pairs`; empty when no check asks for them.
    let burns: [(long: BurnRate.Count, short: BurnRate.Count)]
    let window: Window
    /// Seeds the bootstrap, so that the same window gives the same interval.
    let seed: UInt64

    private var thresholds: MonitorThresholds { specification.thresholds }

    func findings() -> WindowFindings {
        let drift = DriftJudge(thresholds: thresholds, baseline: baseline, current: current).findings()
        let score = scoreFinding()
        let performance = performanceFinding()
        let checks = CheckJudge(
            specification: specification, baseline: baseline, window: window, current: current, burns: burns,
            hasMatureLabels: performance.isComparable
        ).readings()
        var faults =
            thresholds.checksDataFaults
            ? FaultJudge(thresholds: thresholds, baseline: baseline, earlier: earlier, standing: standing, current: current).faults() : []
        faults += checks.filter { $0.kind == .dataFault && $0.outcome == .breach }.map {
            DataFault(kind: .check, feature: "", conversion: nil, explanation: $0.summary, check: $0.rule)
        }
        let drifted = drift.features.filter { $0.level != .none }
        let hasEnoughRows = current.rowCount >= thresholds.minimumRows && (baseline?.rowCount ?? 0) >= thresholds.minimumRows
        let grounds = VerdictGrounds(
            hasDataFault: !faults.isEmpty, hasEnoughRows: hasEnoughRows, inputsDrifted: !drifted.isEmpty,
            scoreDrifted: score?.hasDrifted == true, performance: performance.standing)

        var reasons = faults.map(\.explanation)
        if current.rowCount == 0 {
            reasons.append("Nothing was answered in the window.")
        } else if let baseline {
            if !hasEnoughRows {
                reasons.append(
                    "The window has \(current.rowCount) rows and the baseline \(baseline.rowCount); \(thresholds.minimumRows) are needed.")
            }
        } else {
            reasons.append("The version that answered has no baseline: give it one with 'dhow monitor rebase'.")
        }
        if let score, score.hasDrifted {
            reasons.append("The score moved: stability index \(Self.text(score.excess)) above noise, limit \(thresholds.scoreDrift).")
        }
        reasons.append(performance.reason)
        if !drifted.isEmpty { reasons.append("Inputs moved: \(drifted.map(\.name).joined(separator: ", ")).") }
        if thresholds.checksDataFaults, earlier == nil {
            reasons.append("There is no earlier window, so changes of unit could not be looked for.")
        }
        reasons += checks.filter { $0.outcome == .breach && $0.kind != .dataFault }.map(\.summary)
        var findings = WindowFindings(
            features: drift.features, score: score, performance: performance, faults: faults, falseAlarms: drift.control,
            checks: checks.isEmpty ? nil : checks, verdict: grounds.verdict, reasons: reasons)
        let causes = CauseFinder(
            findings: findings, importances: specification.importances,
            // Losses of early labels are not compared with those of a window that has them all.
            earlier: performance.isComparable ? earlier?.detail : nil, current: current.detail
        ).causes()
        findings.causes = causes.isEmpty ? nil : causes
        return findings
    }

    private func scoreFinding() -> ScoreFinding? {
        guard let before = baseline?.score, let index = current.score.profile?.stabilityIndex(against: before) else { return nil }
        let hasEnough = min(current.score.values, before.valueCount) >= thresholds.minimumRows
        return ScoreFinding(
            rows: current.score.rows, invalid: current.score.nulls, baselineRows: before.rowCount, stabilityIndex: index.value,
            noiseFloor: index.noiseFloor, excess: index.excess, hasDrifted: hasEnough && index.excess >= thresholds.scoreDrift)
    }

    private func performanceFinding() -> PerformanceFinding {
        let summary = current.performance
        let level = summary.level
        var finding = PerformanceFinding(
            scoredRows: summary.scored, labelledRows: summary.labelled, positiveRows: summary.positives, days: summary.days.count,
            level: level, constantLogLoss: level.map(Self.constantLogLoss), baselineLogLoss: baseline?.level?.logLoss, change: nil,
            standing: .unknown, labels: labels, reason: "")
        if let before = baseline?.level, finding.isComparable {
            finding.change = DayBootstrap(
                summary.orderedDays, against: before.logLoss, coverage: 2 * thresholds.logLossConfidence - 1, seed: seed)
        }
        (finding.standing, finding.reason) = standing(of: finding)
        return finding
    }

    private func standing(of finding: PerformanceFinding) -> (PerformanceStanding, String) {
        guard specification.label != nil else { return (.notJudged, "The monitor expects no labels, so performance is not judged.") }
        guard finding.labelledRows >= thresholds.minimumLabels else {
            return (.unknown, "\(finding.labelledRows) rows have labels; \(thresholds.minimumLabels) are needed to judge performance.")
        }
        guard finding.coverage >= thresholds.labelCoverage else {
            return (
                .unknown,
                "\(Self.text(finding.coverage)) of the rows have labels; \(thresholds.labelCoverage) is needed, as early labels are not like late ones."
            )
        }
        if let labels = finding.labels, labels.maturity != .mature {
            let usual = labels.usual.map { "of the \(Self.text($0)) that usually get one" } ?? "so far"
            return (
                .unknown,
                "Labels are \(labels.maturity.rawValue): \(Self.text(labels.coverage)) of the rows have one, \(usual). Early labels are not like late ones."
            )
        }
        guard let level = finding.level, let before = finding.baselineLogLoss else {
            return (.unknown, "The baseline has no log loss to compare with.")
        }
        let comparison = "Log loss \(Self.text(level.logLoss)) against \(Self.text(before)) of the baseline"
        let margin = thresholds.logLossMargin
        guard finding.days >= thresholds.minimumDays, let change = finding.change else {
            return (
                .unknown, "\(comparison); labels of \(thresholds.minimumDays) days are needed for an interval, there are \(finding.days)."
            )
        }
        let interval =
            "change \(Self.text(change.estimate)), \(Int((change.coverage * 100).rounded())) % interval \(Self.text(change.lower)) to \(Self.text(change.upper)) over days"
        guard change.estimate > margin else { return (.fine, "\(comparison): \(interval), within the margin of \(margin).") }
        guard change.lower > 0 else {
            return (.inconclusive, "\(comparison): \(interval), beyond the margin of \(margin) but perhaps by chance.")
        }
        return (.breached, "\(comparison): \(interval), beyond the margin of \(margin).")
    }

    private static func constantLogLoss(_ level: PerformanceLevel) -> Double {
        let rate = Double(level.positiveCount) / Double(level.rowCount)
        return [rate, 1 - rate].reduce(0) { $0 - ($1 > 0 ? $1 * log($1) : 0) }
    }

    private static func text(_ value: Double) -> String { String((value * 10_000).rounded() / 10_000) }
}
