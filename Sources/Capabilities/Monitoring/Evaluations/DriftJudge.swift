// SPDX-License-Identifier: Apache-2.0

import Statistics

/// Which inputs of a window differ from the baseline: significantly among all tests, and by more than noise, on enough rows.
struct DriftJudge {
    private static let namedCategories = 20
    private static let method = MultipleTesting.benjaminiHochberg

    let thresholds: MonitorThresholds
    let baseline: BaselineProfile?
    let current: WindowSummary

    func findings() -> (features: [FeatureFinding], control: FalseAlarmControl) {
        var findings = current.features.map(measure)
        let control = adjust(&findings)
        for index in findings.indices { findings[index].level = level(of: findings[index]) }
        return (findings, control)
    }

    private func measure(_ feature: MonitoredFeature) -> FeatureFinding {
        var finding = FeatureFinding(name: feature.name, kind: feature.kind, rows: 0, nulls: 0, newCategories: [], level: .none)
        switch feature.kind {
        case .number:
            guard let column = current.numbers[feature.name] else { return finding }
            (finding.rows, finding.nulls) = (column.rows, column.nulls)
            guard let before = baseline?.numeric[feature.name], let after = column.profile else { return finding }
            (finding.baselineRows, finding.baselineNulls) = (before.rowCount, before.nulls)
            take(after.stabilityIndex(against: before), into: &finding)
            finding.nullPValue = after.nullRateTest(against: before)?.pValue
            if let sample = baseline?.samples[feature.name] {
                if let test = KolmogorovSmirnov(sample, column.sample.values) {
                    finding.test = .kolmogorovSmirnov
                    (finding.statistic, finding.pValue) = (test.statistic, test.pValue)
                }
            } else {
                take(ChiSquareTest(before.counts, after.counts, minimumExpected: 5), into: &finding)
            }
        case .category:
            guard let column = current.categories[feature.name] else { return finding }
            (finding.rows, finding.nulls) = (column.rows, column.profile.nulls)
            guard let before = baseline?.categorical[feature.name] else { return finding }
            (finding.baselineRows, finding.baselineNulls) = (before.rowCount, before.nulls)
            take(column.profile.stabilityIndex(against: before), into: &finding)
            finding.nullPValue = column.profile.nullRateTest(against: before)?.pValue
            take(column.profile.chiSquareTest(against: before), into: &finding)
            let new = column.profile.newCategories(against: before)
            finding.newCategories = Array(new.prefix(Self.namedCategories))
            if column.values > 0 {
                finding.newCategoryShare = Double(new.reduce(0) { $0 + (column.profile.counts[$1] ?? 0) }) / Double(column.values)
            }
        }
        return finding
    }

    private func take(_ index: StabilityIndex?, into finding: inout FeatureFinding) {
        guard let index else { return }
        (finding.stabilityIndex, finding.noiseFloor, finding.excess) = (index.value, index.noiseFloor, index.excess)
    }

    private func take(_ test: ChiSquareTest?, into finding: inout FeatureFinding) {
        guard let test else { return }
        finding.test = .chiSquare
        (finding.statistic, finding.pValue) = (test.statistic, test.pValue)
    }

    /// One family: a test of distribution and a test of nulls for each feature.
    private func adjust(_ findings: inout [FeatureFinding]) -> FalseAlarmControl {
        let distributions = findings.indices.filter { findings[$0].pValue != nil }
        let nulls = findings.indices.filter { findings[$0].nullPValue != nil }
        let family = distributions.compactMap { findings[$0].pValue } + nulls.compactMap { findings[$0].nullPValue }
        let adjusted = Self.method.adjusted(family)
        for (place, index) in distributions.enumerated() { findings[index].adjustedPValue = adjusted[place] }
        for (place, index) in nulls.enumerated() { findings[index].nullAdjustedPValue = adjusted[distributions.count + place] }
        return FalseAlarmControl(
            method: Self.method.rawValue, level: thresholds.falseDiscoveryRate, tests: family.count,
            statement:
                "Of the drifts shown, at most \(thresholds.falseDiscoveryRate) are expected to be false, over \(family.count) tests; "
                + "a drift also needs a stability index of \(thresholds.driftWarning) above its noise floor and \(thresholds.minimumRows) rows on both sides."
        )
    }

    private func level(of finding: FeatureFinding) -> FeatureFinding.Level {
        let enough = thresholds.minimumRows
        guard let baselineRows = finding.baselineRows, let baselineNulls = finding.baselineNulls, let adjusted = finding.adjustedPValue,
            let excess = finding.excess, finding.rows - finding.nulls >= enough, baselineRows - baselineNulls >= enough,
            adjusted < thresholds.falseDiscoveryRate, excess >= thresholds.driftWarning
        else { return .none }
        return excess >= thresholds.driftCritical ? .critical : .warning
    }
}
