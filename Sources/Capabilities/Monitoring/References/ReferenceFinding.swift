// SPDX-License-Identifier: Apache-2.0

import Statistics

/// How a window compares with a reference beside the frozen baseline.
package struct ReferenceFinding: Codable, Equatable, Sendable {
    package enum Standing: String, Codable, CaseIterable, Sendable {
        case judged
        /// There is not enough history yet.
        case waiting
        /// It was there once, or ought to be, and cannot be read.
        case lost
    }

    package var type: MonitorReference.Kind
    package var span: Window?
    package var rows: Int
    package var standing: Standing
    package var reason: String
    /// Inputs that differ, with every number.
    package var drifted: [FeatureFinding]
    package var scoreExcess: Double?
    package var reading: RuleReading?
}

/// What could be read of a reference, before it is judged.
enum ReferenceRows: Sendable {
    case profile(BaselineProfile)
    /// With why.
    case waiting(String)
    case lost(String)
}

/// Compares a window with rolling and seasonal references; pure.
struct ReferenceJudge {
    let specification: MonitorSpecification
    let current: WindowSummary
    /// Whether the version that answered has a frozen baseline.
    let hasBaseline: Bool

    func finding(_ reference: MonitorReference, span: Window?, _ rows: ReferenceRows) -> ReferenceFinding {
        var finding = ReferenceFinding(type: reference.type, span: span, rows: 0, standing: .waiting, reason: "", drifted: [])
        switch rows {
        case .waiting(let reason): finding.reason = reason
        case .lost(let reason): (finding.standing, finding.reason) = (.lost, reason)
        case .profile(let profile): judge(reference, profile, &finding)
        }
        return finding
    }

    private func judge(_ reference: MonitorReference, _ profile: BaselineProfile, _ finding: inout ReferenceFinding) {
        let thresholds = specification.thresholds
        finding.rows = profile.rowCount
        guard min(profile.rowCount, current.rowCount) >= thresholds.minimumRows else {
            finding.reason =
                "The \(reference.type.rawValue) reference has \(profile.rowCount) rows and the window \(current.rowCount); \(thresholds.minimumRows) are needed."
            return
        }
        // The window's counts are over other bins; its sample of values is counted over these.
        let rebinned = current.rebinned(over: profile)
        let drift = DriftJudge(thresholds: thresholds, baseline: profile, current: rebinned).findings()
        finding.standing = .judged
        finding.drifted = drift.features.filter { $0.level != .none }
        var level = 0.0
        var parts: [String] = []
        let findings = WindowFindings(
            features: drift.features, score: nil, performance: .notJudged, faults: [], falseAlarms: drift.control, verdict: .healthy,
            reasons: [])
        if let inputs = findings.inputReading(specification) {
            level = inputs.level ?? 0
            parts.append(inputs.summary)
        }
        if let before = profile.score, let after = rebinned.score.profile,
            min(before.valueCount, after.valueCount) >= thresholds.minimumRows,
            let index = after.stabilityIndex(against: before)
        {
            finding.scoreExcess = index.excess
            level = max(level, index.excess / thresholds.scoreDrift)
            parts.append("The score's stability index is \(Self.text(index.excess)) above noise; the limit is \(thresholds.scoreDrift).")
        }
        finding.reason = "Against the \(reference.type.rawValue) reference: \(parts.joined(separator: " "))"
        if reference.type == .rolling {
            finding.reason +=
                hasBaseline
                ? " It moves along with slow drift; the frozen baseline beside it does not."
                : " It is blind to slow drift, and no frozen baseline stands beside it: make one with 'dhow monitor rebase'."
        }
        finding.reading = RuleReading(
            rule: reference.rule, kind: .drift, severity: .warning, ofVersion: false, level: level, summary: finding.reason)
    }

    private static func text(_ value: Double) -> String { String((value * 1000).rounded() / 1000) }
}

extension WindowSummary {
    /// The same rows over another baseline's bins, of numbers as far as their samples go; nulls keep their share.
    func rebinned(over baseline: BaselineProfile) -> WindowSummary {
        var summary = self
        summary.numbers = numbers.map { name, column in (name, column.rebinned(over: baseline.numeric[name]?.bins)) }.reduce(into: [:]) {
            $0[$1.0] = $1.1
        }
        summary.score = score.rebinned(over: baseline.score?.bins)
        return summary
    }
}

extension PerformanceFinding {
    static let notJudged = PerformanceFinding(
        scoredRows: 0, labelledRows: 0, positiveRows: 0, days: 0, level: nil, constantLogLoss: nil, baselineLogLoss: nil, change: nil,
        standing: .notJudged, reason: "")
}
