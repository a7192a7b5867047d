// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The candidate against the champion on the same labelled rows, by an interval of the improvement.
package struct ChampionRule: GateRule {
    package static let standardConfidence = 0.95
    package static let standardMinimumRows = 100

    /// How the interval is made.
    package enum Method: String, Codable, CaseIterable, Sendable {
        /// Percentile bootstrap of the rows as pairs, or of whole groups.
        case bootstrap
        /// For `auc` of independent rows (DeLong, DeLong and Clarke-Pearson 1988).
        case delong
        /// For `accuracy` of independent rows: exact, from the rows that only one of the two gets right (McNemar 1947).
        case mcnemar
    }

    package var metric: ScoreMetric
    package var method: Method
    /// In units of the metric, as an improvement: what is smaller is not worth a release.
    package var minimumEffect: Double
    /// Coverage of the two-sided interval.
    package var confidence: Double
    /// With fewer rows the check is inconclusive.
    package var minimumRows: Int
    /// Column of the scores file whose equal values are resampled together, for rows that are not independent (a day, a customer).
    package var groupedBy: String?

    package init(
        metric: ScoreMetric, method: Method = .bootstrap, minimumEffect: Double = 0, confidence: Double = standardConfidence,
        minimumRows: Int = standardMinimumRows, groupedBy: String? = nil
    ) {
        self.metric = metric
        self.method = method
        self.minimumEffect = minimumEffect
        self.confidence = confidence
        self.minimumRows = minimumRows
        self.groupedBy = groupedBy
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        metric = try container.decode(ScoreMetric.self, forKey: .metric)
        method = try container.decodeIfPresent(Method.self, forKey: .method) ?? .bootstrap
        minimumEffect = try container.decodeIfPresent(Double.self, forKey: .minimumEffect) ?? 0
        confidence = try container.decodeIfPresent(Double.self, forKey: .confidence) ?? Self.standardConfidence
        minimumRows = try container.decodeIfPresent(Int.self, forKey: .minimumRows) ?? Self.standardMinimumRows
        groupedBy = try container.decodeIfPresent(String.self, forKey: .groupedBy)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case metric, method, minimumEffect, confidence, minimumRows, groupedBy }

    package var fault: String? {
        if !(minimumEffect >= 0 && minimumEffect.isFinite) { return "The minimum effect must be finite and not negative." }
        if !(0.5..<1).contains(confidence) { return "The confidence must be at least 0.5 and below 1." }
        if minimumRows < 2 { return "A comparison needs at least 2 rows." }
        if let groupedBy, groupedBy.isEmpty || groupedBy.utf8.count > 250 {
            return "'groupedBy' is the name of a column, at most 250 bytes."
        }
        switch method {
        case .bootstrap: return nil
        case .delong where metric != .auc: return "'delong' compares 'auc' only."
        case .mcnemar where metric != .accuracy: return "'mcnemar' compares 'accuracy' only."
        default: return groupedBy == nil ? nil : "'\(method.rawValue)' is for independent rows; compare groups by 'bootstrap'."
        }
    }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        guard let champion else { return .init(.passed, "There is no champion.") }
        let scores: PairedScores
        switch evidence.comparable(with: champion) {
        case .scores(let found): scores = found
        case .refusal(let result): return result
        }
        guard scores.rowCount >= minimumRows else {
            return .init(.inconclusive, "There are \(scores.rowCount) rows; the check needs \(minimumRows).")
        }
        guard let comparison = ScoreComparison(of: scores, metric: metric, method: method, confidence: confidence) else {
            return .init(
                .inconclusive, "The rows do not allow a comparison by \(metric.rawValue): too few groups, or a class is missing.")
        }
        var numbers = comparison.numbers
        numbers["minimumEffect"] = String(minimumEffect)
        numbers["confidence"] = String(confidence)
        numbers["method"] = method.rawValue
        numbers["rows"] = String(scores.rowCount)
        numbers["groups"] = String(scores.groupCount)
        numbers["champion"] = String(champion)
        let (outcome, reason) = verdict(on: comparison)
        return .init(outcome, reason, numbers)
    }

    /// Passed: better than noise explains, and by at least the minimum effect. Failed: not better, or the minimum effect is out of reach.
    package func verdict(on comparison: ScoreComparison) -> (GateOutcome, String) {
        if comparison.estimate <= 0 {
            (.failed, "The candidate is not better than the champion in \(metric.rawValue).")
        } else if comparison.upper < minimumEffect {
            (.failed, "The whole interval of the improvement in \(metric.rawValue) lies below the minimum effect.")
        } else if comparison.lower > 0, comparison.estimate >= minimumEffect {
            (.passed, "The candidate is better than the champion in \(metric.rawValue).")
        } else if comparison.lower <= 0 {
            (.inconclusive, "The interval of the improvement in \(metric.rawValue) includes 0.")
        } else {
            (.inconclusive, "The improvement in \(metric.rawValue) is below the minimum effect, which the interval does not rule out.")
        }
    }
}
