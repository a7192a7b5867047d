// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics

/// The tests of one column.
struct ColumnJudge {
    private static let namedCategories = 10
    private static let sampleSize = 5_000

    let settings: JudgeSettings
    let role: ColumnReport.Role

    func report(_ baseline: ColumnProfile, _ window: ColumnProfile?) -> ColumnReport {
        var report = ColumnReport(
            name: baseline.name, role: role, importance: role == .ignored ? 0 : settings.importance[baseline.name] ?? 1,
            baseline: side(baseline), window: window.map(side))
        guard role != .ignored else { return report }
        guard let window else {
            var test = DriftTest(
                .schema, "presence", statistic: nil, pValue: nil, DriftTest.Effect("columns gone", 1, noise: 0, limit: 0.4),
                rows: (baseline.rowCount, 0), minimum: 0, "The column is not there any more.")
            (test.severity, test.pages) = (.critical, true)
            report.tests = [test]
            return report
        }
        report.tests = [
            types(baseline, window),
            share(.nulls, "nulls", baseline.missing, baseline.rowCount, window.missing, window.rowCount),
            share(
                .infinities, "infinities", baseline.numbers.infinities, baseline.numberCount, window.numbers.infinities, window.numberCount),
        ].compactMap(\.self)
        if let comparison = ValueComparison(baseline.numbers, window.numbers) { report.tests += tests(of: comparison) }
        if let comparison = CategoryComparison(baseline.texts, window.texts) { report.tests += tests(of: comparison) }
        return report
    }

    /// What only people need, once it is known whether there is a finding.
    func explain(_ report: inout ColumnReport, _ baseline: ColumnProfile, _ window: ColumnProfile) {
        guard role != .ignored else { return }
        let numbers = ValueComparison(baseline.numbers, window.numbers)
        let texts = CategoryComparison(baseline.texts, window.texts)
        if let texts { report.categories = texts.largestChanges(Self.namedCategories) }
        report.chart = numbers.map { ColumnChart($0, baseline.numbers, window.numbers) } ?? texts.map { ColumnChart($0, baseline, window) }
        guard let index = report.tests.firstIndex(where: { $0.aspect == .numbers && $0.isFinding }) else { return }
        let (before, after) = (baseline.numbers.sample(Self.sampleSize), window.numbers.sample(Self.sampleSize))
        guard let change = UnitChange.suspected(from: before, to: after) else { return }
        report.unitChange = change.conversion.name
        report.tests[index].explanation += " It looks as if the unit was changed: \(change.conversion.name)."
    }

    private func side(_ profile: ColumnProfile) -> ColumnReport.Side {
        let quantiles = profile.numbers.quantiles([0.5])
        let isExact = profile.numbers.isExact && profile.texts.isComplete
        return ColumnReport.Side(
            kind: profile.kind, rows: profile.rowCount, missing: profile.missing,
            mean: profile.numbers.count > 0 ? profile.numbers.moments.mean : nil, deviation: profile.numbers.moments.populationDeviation,
            minimum: profile.numbers.minimum, median: quantiles?.first, maximum: profile.numbers.maximum,
            distinct: Double(profile.numbers.bucketCount) + profile.texts.distinct, isDistinctExact: isExact,
            earliest: profile.times.earliest, latest: profile.times.latest)
    }

    /// Numbers, texts and times as three classes; nil when both sides have one and the same.
    private func types(_ baseline: ColumnProfile, _ window: ColumnProfile) -> DriftTest? {
        let before = [baseline.numberCount, baseline.texts.count, baseline.times.count]
        let after = [window.numberCount, window.texts.count, window.times.count]
        guard baseline.kind != window.kind || baseline.kind == .mixed else { return nil }
        let shares = before.indices.compactMap { ShareComparison(before[$0], of: baseline.valueCount, after[$0], of: window.valueCount) }
        guard let most = shares.max(by: { $0.excess < $1.excess }) else { return nil }
        return DriftTest(
            .type, most.isFisher ? "Fisher" : "chi-square", statistic: nil, pValue: min(1, most.pValue * Double(shares.count)),
            DriftTest.Effect("change of share", abs(most.difference), noise: most.noise, limit: settings.typeChange),
            rows: (baseline.valueCount, window.valueCount), minimum: settings.minimumRows,
            "The values were \(Self.words(before)); now they are \(Self.words(after)).")
    }

    private func share(_ aspect: DriftTest.Aspect, _ noun: String, _ before: Int, _ rows: Int, _ after: Int, _ now: Int) -> DriftTest? {
        guard before + after > 0, let shares = ShareComparison(before, of: rows, after, of: now) else { return nil }
        return DriftTest(
            aspect, shares.isFisher ? "Fisher" : "chi-square", statistic: nil, pValue: shares.pValue,
            DriftTest.Effect("change of share", abs(shares.difference), noise: shares.noise, limit: settings.nullChange), rows: (rows, now),
            minimum: settings.minimumRows, "\(noun.capitalisedFirst) went from \(percent(shares.baseline)) to \(percent(shares.window)).")
    }

    private func tests(of comparison: ValueComparison) -> [DriftTest] {
        let rows = (comparison.baselineCount, comparison.windowCount)
        var effects: [DriftTest.Effect] = []
        if let index = comparison.stabilityIndex {
            effects.append(DriftTest.Effect("stability index", index.value, noise: index.noiseFloor, limit: settings.stabilityIndex))
        }
        if let distance = comparison.wasserstein {
            effects.append(
                DriftTest.Effect("Wasserstein, in deviations", distance.deviations, noise: distance.noise, limit: settings.wasserstein))
        }
        var tests: [DriftTest] = []
        if let effect = effects.max(by: { $0.ratio < $1.ratio }) {
            let words = "\(effect.measure) \(number(effect.value)), of which chance makes \(number(effect.noise))."
            if comparison.hasFewValues {
                if let test = comparison.chiSquareTest {
                    tests.append(
                        DriftTest(
                            .numbers, "chi-square", statistic: test.statistic, pValue: test.pValue, effect, rows: rows,
                            minimum: settings.minimumRows, "The shares of its few values moved: " + words))
                }
            } else {
                let test = comparison.kolmogorovSmirnov
                tests.append(
                    DriftTest(
                        .numbers, "Kolmogorov–Smirnov", statistic: test.statistic, pValue: min(1, max(0, test.pValue)), effect, rows: rows,
                        minimum: settings.minimumRows, "The numbers moved: " + words))
            }
        }
        let outside = comparison.below + comparison.above
        if outside > 0 {
            let share = Double(outside) / Double(rows.1)
            tests.append(
                DriftTest(
                    .range, "extremes", statistic: Double(outside),
                    pValue: Extremes.pValue(below: comparison.below, above: comparison.above, window: rows.1, baseline: rows.0),
                    DriftTest.Effect("share outside", share, noise: 2 / Double(rows.0 + 1), limit: settings.outsideShare), rows: rows,
                    minimum: settings.minimumRows,
                    "\(percent(share)) lie outside the baseline's range: \(comparison.below) below, \(comparison.above) above."))
        }
        return tests
    }

    private func tests(of comparison: CategoryComparison) -> [DriftTest] {
        let rows = (comparison.baselineCount, comparison.windowCount)
        var tests: [DriftTest] = []
        let moved = comparison.totalVariation
        var effects = [DriftTest.Effect("share of rows moved", moved.value, noise: moved.noise, limit: settings.totalVariation)]
        if let index = comparison.stabilityIndex {
            effects.append(DriftTest.Effect("stability index", index.value, noise: index.noiseFloor, limit: settings.stabilityIndex))
        }
        if let test = comparison.chiSquareTest, let effect = effects.max(by: { $0.ratio < $1.ratio }) {
            let top = comparison.isExact ? comparison.largestChanges(1).first : nil
            let example = top.map { " Most: '\($0.category)', from \(percent($0.baseline)) to \(percent($0.window))." } ?? ""
            tests.append(
                DriftTest(
                    .categories, comparison.isExact ? "chi-square" : "chi-square of hash buckets", statistic: test.statistic,
                    pValue: test.pValue, effect, rows: rows, minimum: settings.minimumRows,
                    "The categories moved: \(effect.measure) \(number(effect.value)), of which chance makes \(number(effect.noise))."
                        + example))
        }
        let unseen = comparison.unseen
        if unseen.rows > 0, let largest = unseen.largest {
            tests.append(
                DriftTest(
                    .unseen, "all rows of the largest new category", statistic: Double(largest.count), pValue: unseen.pValue,
                    DriftTest.Effect("share unseen", unseen.share, noise: unseen.expectedShare, limit: settings.unseenShare), rows: rows,
                    minimum: settings.minimumRows,
                    "\(percent(unseen.share)) are in categories that the baseline never had, such as '\(largest.text)'."))
        }
        return tests
    }

    private static func words(_ counts: [Int]) -> String {
        let total = counts.reduce(0, +)
        guard total > 0 else { return "none" }
        return zip(counts, ["numbers", "texts", "times"]).filter { $0.0 > 0 }
            .map { "\(percent(Double($0.0) / Double(total))) \($0.1)" }.joined(separator: ", ")
    }
}
