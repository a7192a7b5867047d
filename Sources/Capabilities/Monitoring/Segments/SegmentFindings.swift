// SPDX-License-Identifier: Apache-2.0

/// How one segment of a window compares with the baseline's. P-values are Holm's, among all segments of the window that could be judged so.
package struct SegmentFinding: Codable, Equatable, Sendable {
    package var name: String
    package var rows: Int
    package var baselineRows: Int
    package var share: Double
    package var baselineShare: Double
    /// That the share is the baseline's.
    package var shareAdjustedPValue: Double?
    /// Stability index of the score above its noise floor, in nats.
    package var scoreExcess: Double?
    package var scoreAdjustedPValue: Double?
    package var labelledRows: Int
    package var loss: Double?
    package var baselineLoss: Double?
    /// That the loss is not higher than the baseline's.
    package var lossAdjustedPValue: Double?
    /// What the segment did to the mean loss of all rows.
    package var mix: Double?
    package var rate: Double?
}

package struct SegmentFindings: Codable, Equatable, Sendable {
    package var segments: [SegmentFinding]
    /// Segments of the window that are beyond the limit, too small in the baseline or new, and the rows in them.
    package var leftOut: Int
    package var leftOutRows: Int
    /// Why none was judged; nil when some were.
    package var reason: String?
}

extension SegmentFindings {
    /// A reading of each rule for each segment that could be judged by it.
    func readings(_ thresholds: MonitorThresholds) -> [RuleReading] {
        segments.flatMap { [loss($0, thresholds), score($0, thresholds), volume($0, thresholds)].compactMap(\.self) }
    }

    private func loss(_ finding: SegmentFinding, _ thresholds: MonitorThresholds) -> RuleReading? {
        guard let adjusted = finding.lossAdjustedPValue, let loss = finding.loss, let before = finding.baselineLoss else { return nil }
        let change = loss - before
        let level = thresholds.logLossMargin > 0 ? max(0, change) / thresholds.logLossMargin : change > 0 ? .infinity : 0
        let split = [finding.mix.map { "mix \(Self.text($0))" }, finding.rate.map { "rate \(Self.text($0))" }].compactMap(\.self)
        return reading(
            MonitorRule.segmentPerformance, .performance, .critical, finding, level, isCertain: adjusted < thresholds.falseDiscoveryRate,
            "Log loss of \(finding.name) is \(Self.text(loss)) against \(Self.text(before)) of the baseline, over \(finding.labelledRows) rows "
                + "(adjusted p \(Self.chance(adjusted))); the margin is \(thresholds.logLossMargin)."
                + (split.isEmpty ? "" : " Of the loss of all rows it changed \(split.joined(separator: ", "))."))
    }

    private func score(_ finding: SegmentFinding, _ thresholds: MonitorThresholds) -> RuleReading? {
        guard let adjusted = finding.scoreAdjustedPValue, let excess = finding.scoreExcess else { return nil }
        return reading(
            MonitorRule.segmentScore, .drift, .warning, finding, max(0, excess) / thresholds.scoreDrift,
            isCertain: adjusted < thresholds.falseDiscoveryRate,
            "The score's stability index in \(finding.name) is \(Self.text(excess)) above noise (adjusted p \(Self.chance(adjusted))); "
                + "the limit is \(thresholds.scoreDrift).")
    }

    /// Twice the share, or half of it, is the limit.
    private func volume(_ finding: SegmentFinding, _ thresholds: MonitorThresholds) -> RuleReading? {
        guard let adjusted = finding.shareAdjustedPValue, finding.baselineShare > 0 else { return nil }
        let ratio = finding.share / finding.baselineShare
        let level = ratio > 1 ? ratio / 2 : ratio > 0 ? 1 / (2 * ratio) : .infinity
        return reading(
            MonitorRule.segmentVolume, .operations, .warning, finding, level, isCertain: adjusted < thresholds.falseDiscoveryRate,
            "\(finding.name) is \(Self.text(finding.share * 100)) % of the rows and was \(Self.text(finding.baselineShare * 100)) % in the "
                + "baseline (adjusted p \(Self.chance(adjusted))); twice and half are the limits.")
    }

    private func reading(
        _ rule: String, _ kind: Incident.Kind, _ severity: Incident.Severity, _ finding: SegmentFinding, _ level: Double, isCertain: Bool,
        _ summary: String
    ) -> RuleReading {
        RuleReading(
            rule: rule, kind: kind, severity: severity, segment: finding.name, level: isCertain ? level : min(level, 0.99), summary: summary
        )
    }

    private static func chance(_ value: Double) -> String { value < 0.001 ? "< 0.001" : text(value) }

    private static func text(_ value: Double) -> String { String((value * 1000).rounded() / 1000) }
}
