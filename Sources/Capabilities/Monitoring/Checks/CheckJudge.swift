// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// What the checks of a monitor read in a window; pure. A check without enough to go by gives no reading.
struct CheckJudge {
    private static let minimumGroup = 100

    let specification: MonitorSpecification
    let baseline: BaselineProfile?
    let window: Window
    let current: WindowSummary
    /// Of the spans of `BurnRate.pairs` that end with the window.
    let burns: [(long: BurnRate.Count, short: BurnRate.Count)]
    /// Whether all labels that come are in.
    let hasMatureLabels: Bool

    func readings() -> [RuleReading] {
        current.checks.compactMap { tally in
            switch tally.check.type {
            case .schema: schema(tally)
            case .range: range(tally)
            case .freshness: freshness(tally)
            case .volume: volume(tally)
            case .labels: labels(tally)
            case .estimatedPerformance: estimate(tally.check)
            case .fairness: fairness(tally)
            case .errors: errors(tally.check)
            }
        }
    }

    private func schema(_ tally: CheckTally) -> RuleReading? {
        guard tally.rows > 0 else { return nil }
        let share = Double(tally.bad) / Double(tally.rows)
        let worst = tally.badFeatures.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(5).map(\.key).joined(separator: ", ")
        return RuleReading(
            rule: tally.check.name, kind: .dataFault, severity: .critical, ofVersion: false,
            level: level(share, of: tally.check.allowedShare),
            summary: tally.bad == 0
                ? "Every row has the watched features."
                : "\(percent(share)) of the rows lack a feature or have it in another type: \(worst).")
    }

    private func range(_ tally: CheckTally) -> RuleReading? {
        guard tally.rows > 0, let column = tally.check.column else { return nil }
        let share = Double(tally.bad) / Double(tally.rows)
        let bounds = [tally.check.minimum.map { "below \($0)" }, tally.check.maximum.map { "above \($0)" }].compactMap(\.self)
        return RuleReading(
            rule: tally.check.name, kind: .dataFault, severity: .critical, ofVersion: false,
            level: level(share, of: tally.check.allowedShare),
            summary: "\(percent(share)) of '\(column)' is \(bounds.joined(separator: " or ")).")
    }

    private func freshness(_ tally: CheckTally) -> RuleReading? {
        guard let limit = tally.check.seconds else { return nil }
        // A column that no row has cannot be old; rows that do not come are.
        guard let newest = tally.newest else {
            guard tally.check.column == nil else { return nil }
            return RuleReading(
                rule: tally.check.name, kind: .operations, severity: .critical, ofVersion: false, outcome: .breach,
                summary: "No row came in the window.")
        }
        let age = max(0, Double((window.end - newest).milliseconds) / 1000)
        let subject = tally.check.column.map { "The newest '\($0)'" } ?? "The last row"
        return RuleReading(
            rule: tally.check.name, kind: tally.check.column == nil ? .operations : .dataFault, severity: .critical, ofVersion: false,
            level: age / Double(limit), summary: "\(subject) is \(Int(age)) seconds old at the window's end; \(limit) are allowed.")
    }

    private func volume(_ tally: CheckTally) -> RuleReading {
        let rows = Double(tally.rows)
        let below = tally.check.minimum.map { rows > 0 ? $0 / rows : .infinity } ?? 0
        let above = tally.check.maximum.map { $0 > 0 ? rows / $0 : rows > 0 ? .infinity : 0 } ?? 0
        // The right number of rows is no breach.
        let isBreach = tally.check.minimum.map { rows < $0 } ?? false || tally.check.maximum.map { rows > $0 } ?? false
        let bounds = [tally.check.minimum.map { "at least \(Int($0))" }, tally.check.maximum.map { "at most \(Int($0))" }].compactMap(
            \.self)
        return RuleReading(
            rule: tally.check.name, kind: .operations, severity: .critical, ofVersion: false,
            level: max(below, above).isFinite ? max(below, above) : nil,
            outcome: isBreach ? .breach : .clean,
            summary: "The window has \(tally.rows) rows; \(bounds.joined(separator: " and ")) are expected.")
    }

    private func labels(_ tally: CheckTally) -> RuleReading? {
        guard tally.rows >= specification.thresholds.minimumRows, let wanted = tally.check.share, let seconds = tally.check.seconds else {
            return nil
        }
        let missing = Double(tally.bad) / Double(tally.rows)
        return RuleReading(
            rule: tally.check.name, kind: .operations, severity: .warning, ofVersion: false, level: level(missing, of: 1 - wanted),
            summary: "\(percent(1 - missing)) of the rows older than \(seconds) seconds have a label; \(percent(wanted)) are expected.")
    }

    private func estimate(_ check: MonitorCheck) -> RuleReading? {
        let scores = current.score.sample.values
        guard scores.count >= specification.thresholds.minimumRows, let outcomes = baseline?.outcomes,
            outcomes.scores.count >= 5 * 100
        else { return nil }
        let size = min(scores.count, outcomes.scores.count / 5)
        guard
            let estimator = CBPE(
                referenceScores: outcomes.scores, labels: outcomes.positives, windowSize: size, threshold: check.threshold ?? 0.5),
            let estimates = estimator.estimates(of: check.estimatedMetric, scores: scores)?.compactMap(\.self), let limit = estimates.first
        else { return nil }
        let value = estimates.reduce(0) { $0 + $1.value } / Double(estimates.count)
        let usual = (limit.lowerLimit + limit.upperLimit) / 2
        let floor = check.minimum ?? limit.lowerLimit
        return RuleReading(
            rule: check.name, kind: .performance, severity: .warning,
            level: value < floor ? max(1, ratio(usual - value, usual - floor)) : min(0.99, max(0, ratio(usual - value, usual - floor))),
            summary: "Without labels, \(check.estimatedMetric.rawValue) is estimated as \(text(value)); the limit is \(text(floor)). "
                + "This holds while only the inputs move and scores are true probabilities; it cannot see that what they mean has changed.")
    }

    /// Groups of at least a hundred rows; the gap must be more than chance among all pairs.
    private func fairness(_ tally: CheckTally) -> RuleReading? {
        // Labels of one group may come earlier than those of another.
        if tally.check.fairnessMetric == .truePositiveRate, !hasMatureLabels { return nil }
        let groups = tally.groups.filter { $0.value.rows >= Self.minimumGroup }.map {
            (name: $0.key, rows: $0.value.rows, hits: $0.value.hits, rate: Double($0.value.hits) / Double($0.value.rows))
        }.sorted { ($0.rate, $0.name) < ($1.rate, $1.name) }
        guard groups.count > 1, let low = groups.first, let high = groups.last, let column = tally.check.column else { return nil }
        let limit = tally.check.maximum ?? 0.1
        let pairs = Double(groups.count * (groups.count - 1) / 2)
        let test = ChiSquareTest([low.hits, low.rows - low.hits], [high.hits, high.rows - high.hits])
        let isCertain = min(1, (test?.pValue ?? 1) * pairs) < specification.thresholds.falseDiscoveryRate
        let reached = level(high.rate - low.rate, of: limit)
        return RuleReading(
            rule: tally.check.name, kind: .performance, severity: .warning, level: isCertain ? reached : min(reached, 0.99),
            summary:
                "\(tally.check.fairnessMetric.rawValue) is \(text(low.rate)) for \(column)=\(low.name.printable) and \(text(high.rate)) for "
                + "\(column)=\(high.name.printable); \(limit) apart is allowed.")
    }

    private func errors(_ check: MonitorCheck) -> RuleReading? {
        guard let objective = check.objective, let burn = BurnRate(burns, objective: objective) else { return nil }
        return RuleReading(
            rule: check.name, kind: .operations, severity: burn.pair.severity, ofVersion: false, level: burn.level,
            summary:
                "Answers that are no number use the budget of \(objective) up at \(text(burn.level * burn.pair.factor)) times its even rate, "
                + "over \(Int(burn.pair.long.milliseconds / 60_000)) and \(Int(burn.pair.short.milliseconds / 60_000)) minutes; the limit is \(burn.pair.factor)."
        )
    }

    private func level(_ measured: Double, of limit: Double) -> Double { limit > 0 ? measured / limit : measured > 0 ? .infinity : 0 }
    private func ratio(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : part > 0 ? .infinity : 0 }
    private func text(_ value: Double) -> String { String((value * 1000).rounded() / 1000) }
    private func percent(_ share: Double) -> String { "\(text(share * 100)) %" }
}
