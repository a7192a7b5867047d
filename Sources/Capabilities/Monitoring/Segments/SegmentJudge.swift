// SPDX-License-Identifier: Apache-2.0

import Statistics

/// Compares each segment of a window with the baseline's; pure.
///
/// Three families of tests, of loss, score and share, each with Holm's bound over its segments (Holm, "A Simple Sequentially Rejective Multiple Test
/// Procedure", Scandinavian Journal of Statistics 6, 1979): the chance that a rule alarms about any segment of an unchanged window is at
/// most the level. Nothing is tested with fewer than a hundred rows.
struct SegmentJudge {
    let thresholds: MonitorThresholds
    let baseline: BaselineProfile?
    let current: WindowSummary
    /// Whether all labels that come are in; without them no loss is tested.
    var hasMatureLabels = true

    /// Nil when the monitor names no segments.
    func findings() -> SegmentFindings? {
        guard let tally = current.segments else { return nil }
        var findings = SegmentFindings(segments: [], leftOut: tally.leftOut, leftOutRows: tally.leftOutRows)
        guard let before = baseline?.segments else {
            findings.reason = "The baseline was made without these segments: make it again with 'dhow monitor rebase'."
            return findings
        }
        guard !before.isEmpty else {
            findings.reason = "No segment of the baseline has \(MonitorSegment.minimumRows) rows."
            return findings
        }
        guard current.rowCount >= thresholds.minimumRows, let baseline, baseline.rowCount > 0 else {
            findings.reason = "The window has \(current.rowCount) rows; \(thresholds.minimumRows) are needed."
            return findings
        }
        for (name, reference) in before.sorted(by: { $0.key < $1.key }) {
            guard let part = tally.parts[name] else { continue }
            findings.segments.append(measure(name, part, reference, baseline))
        }
        adjust(&findings.segments, \.shareAdjustedPValue)
        adjust(&findings.segments, \.scoreAdjustedPValue)
        adjust(&findings.segments, \.lossAdjustedPValue)
        return findings
    }

    /// With p-values that are not adjusted yet.
    private func measure(_ name: String, _ part: SegmentPart, _ reference: SegmentBaseline, _ baseline: BaselineProfile) -> SegmentFinding {
        let fewest = MonitorSegment.minimumRows
        var finding = SegmentFinding(
            name: name, rows: part.rows, baselineRows: reference.rows, share: Double(part.rows) / Double(current.rowCount),
            baselineShare: Double(reference.rows) / Double(baseline.rowCount), labelledRows: part.loss.rows)
        let expected = finding.baselineShare * Double(current.rowCount)
        if reference.rows >= fewest, max(Double(part.rows), expected) >= Double(fewest) {
            finding.shareAdjustedPValue =
                ChiSquareTest([reference.rows, baseline.rowCount - reference.rows], [part.rows, current.rowCount - part.rows])?.pValue
        }
        if let before = reference.score, let after = part.score, min(before.valueCount, after.valueCount) >= fewest,
            let index = after.stabilityIndex(against: before)
        {
            finding.scoreExcess = index.excess
            // All values in one bin on both sides are no change.
            finding.scoreAdjustedPValue = ChiSquareTest(before.counts, after.counts, minimumExpected: 5)?.pValue ?? 1
        }
        takeLoss(of: part, against: reference, into: &finding, baseline)
        return finding
    }

    private func takeLoss(
        of part: SegmentPart, against reference: SegmentBaseline, into finding: inout SegmentFinding, _ baseline: BaselineProfile
    ) {
        guard part.loss.rows > 0, let before = reference.loss else { return }
        finding.loss = part.loss.mean
        finding.baselineLoss = before
        if let level = current.performance.level, let was = baseline.level {
            let split = LossSplit(
                shareBefore: Double(reference.labelledRows) / Double(was.rowCount), share: Double(part.loss.rows) / Double(level.rowCount),
                lossBefore: before, loss: part.loss.mean, middle: (was.logLoss + level.logLoss) / 2)
            (finding.mix, finding.rate) = (split.mix, split.rate)
        }
        let coverage = Double(part.loss.rows) / Double(max(part.scored, 1))
        guard hasMatureLabels, min(part.loss.rows, reference.labelledRows) >= MonitorSegment.minimumRows,
            coverage >= thresholds.labelCoverage,
            part.days.count >= thresholds.minimumDays, let variance = part.lossVariance(fewestDays: thresholds.minimumDays),
            let varianceBefore = reference.lossVariance, variance + varianceBefore > 0
        else { return }
        let t = (part.loss.mean - before) / (variance + varianceBefore).squareRoot()
        let half = StudentDistribution.twoSidedTail(t, degreesOfFreedom: Double(part.days.count - 1)) / 2
        finding.lossAdjustedPValue = t > 0 ? half : 1 - half
    }

    private func adjust(_ findings: inout [SegmentFinding], _ path: WritableKeyPath<SegmentFinding, Double?>) {
        let places = findings.indices.filter { findings[$0][keyPath: path] != nil }
        let adjusted = MultipleTesting.holm.adjusted(places.compactMap { findings[$0][keyPath: path].map { min(1, max(0, $0)) } })
        for (index, place) in places.enumerated() { findings[place][keyPath: path] = adjusted[index] }
    }
}
