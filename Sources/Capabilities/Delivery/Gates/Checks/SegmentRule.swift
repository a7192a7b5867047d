// SPDX-License-Identifier: Apache-2.0

import Domain

/// Every segment of the held-out rows by itself: not worse than the champion by more than a margin, or not beyond a fixed number.
///
/// What is gained overall may be lost by a few. The intervals of all segments together have the confidence asked for (Bonferroni).
package struct SegmentRule: GateRule {
    package static let maximumSegments = 200
    package static let maximumNamed = 100

    /// Column of the scores file whose values are the segments.
    package var column: String
    package var metric: ScoreMetric
    /// By how much a segment may be worse than the champion, in units of the metric; shown for each, not only not refuted.
    package var margin: Double?
    /// Instead of a margin: the candidate's own metric in each segment.
    package var comparison: ThresholdRule.Comparison?
    package var value: Double?
    package var confidence: Double
    /// A segment with fewer rows is not judged; one named in `values` leaves the check inconclusive.
    package var minimumRows: Int
    /// Segments that must be there.
    package var values: [String]?

    package init(
        column: String, metric: ScoreMetric, margin: Double? = nil, comparison: ThresholdRule.Comparison? = nil, value: Double? = nil,
        confidence: Double = ChampionRule.standardConfidence, minimumRows: Int = ChampionRule.standardMinimumRows, values: [String]? = nil
    ) {
        self.column = column
        self.metric = metric
        self.margin = margin
        self.comparison = comparison
        self.value = value
        self.confidence = confidence
        self.minimumRows = minimumRows
        self.values = values
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        column = try container.decode(String.self, forKey: .column)
        metric = try container.decode(ScoreMetric.self, forKey: .metric)
        margin = try container.decodeIfPresent(Double.self, forKey: .margin)
        comparison = try container.decodeIfPresent(ThresholdRule.Comparison.self, forKey: .comparison)
        value = try container.decodeIfPresent(Double.self, forKey: .value)
        confidence = try container.decodeIfPresent(Double.self, forKey: .confidence) ?? ChampionRule.standardConfidence
        minimumRows = try container.decodeIfPresent(Int.self, forKey: .minimumRows) ?? ChampionRule.standardMinimumRows
        values = try container.decodeIfPresent([String].self, forKey: .values)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case column, metric, margin, comparison, value, confidence, minimumRows, values
    }

    package var fault: String? {
        if column.isEmpty || column.utf8.count > 250 { return "'column' is the name of a column, at most 250 bytes." }
        if let margin, !(margin >= 0 && margin.isFinite) { return "The margin must be finite and not negative." }
        if (margin == nil) == (comparison == nil) || (comparison == nil) != (value == nil) {
            return "Segments are judged either by 'margin' or by 'comparison' and 'value'."
        }
        if let value, !value.isFinite { return "The value must be finite." }
        if !(0.5..<1).contains(confidence) { return "The confidence must be at least 0.5 and below 1." }
        if minimumRows < 2 { return "A segment needs at least 2 rows." }
        if let values, values.isEmpty || values.count > Self.maximumNamed || Set(values).count != values.count {
            return "'values' names 1 to \(Self.maximumNamed) segments, each once."
        }
        return nil
    }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        let scores: PairedScores
        if margin != nil {
            guard let champion else { return .init(.passed, "There is no champion.") }
            switch evidence.comparable(with: champion) {
            case .scores(let found): scores = found
            case .refusal(let result): return result
            }
        } else {
            guard let found = evidence.scores else { return .init(.failed, "Scores of the candidate are missing.") }
            if let refusal = found.faultOfCandidate { return refusal }
            scores = found
        }
        guard let column = scores.columns[column] else { return .init(.failed, "The scores have no column '\(column)'.") }
        guard column.names.count <= Self.maximumSegments else {
            return .init(
                .inconclusive, "Column '\(self.column)' has \(column.names.count) values; at most \(Self.maximumSegments) are judged.")
        }
        return judge(scores, column)
    }

    private func judge(_ scores: PairedScores, _ column: ScoreColumn) -> CheckFinding.Result {
        var rows = [[Int]](repeating: [], count: column.names.count)
        for (row, code) in column.codes.enumerated() { rows[code].append(row) }
        let found = Dictionary(uniqueKeysWithValues: zip(column.names, rows))
        let named = values ?? []
        let names = named.isEmpty ? column.names.sorted() : named
        let judged = names.filter { (found[$0]?.count ?? 0) >= minimumRows }
        let level = 1 - (1 - confidence) / Double(max(judged.count, 1))
        var outcomes: [GateOutcome] = []
        var details: [[String: String]] = []
        for name in names {
            let rows = found[name] ?? []
            var detail = ["segment": name, "rows": String(rows.count)]
            if rows.count >= minimumRows {
                let (outcome, numbers) = verdict(on: scores.rows(rows), level)
                outcomes.append(outcome)
                detail["outcome"] = outcome.rawValue
                detail.merge(numbers) { $1 }
            } else if named.isEmpty {
                detail["outcome"] = "not judged"
            } else {
                outcomes.append(.inconclusive)
                detail["outcome"] = GateOutcome.inconclusive.rawValue
            }
            details.append(detail)
        }
        let numbers = ["segments": String(names.count), "judged": String(judged.count), "confidence": String(confidence)]
        guard !outcomes.isEmpty else {
            return .init(.inconclusive, "No segment of '\(self.column)' has \(minimumRows) rows.", numbers, details)
        }
        let outcome = GateOutcome(of: outcomes)
        return .init(outcome, reason(outcome, details), numbers, details)
    }

    private func verdict(on scores: PairedScores, _ level: Double) -> (GateOutcome, [String: String]) {
        if let margin {
            guard let comparison = ScoreComparison(of: scores, metric: metric, confidence: level) else { return (.inconclusive, [:]) }
            let outcome: GateOutcome =
                comparison.upper < -margin ? .failed : comparison.lower >= -margin ? .passed : .inconclusive
            return (outcome, comparison.numbers)
        }
        guard let comparison, let value, let found = metric.value(of: scores.candidate, scores.labels) else { return (.inconclusive, [:]) }
        return (comparison.holds(found, value) ? .passed : .failed, ["value": String(found)])
    }

    private func reason(_ outcome: GateOutcome, _ details: [[String: String]]) -> String {
        let named = details.filter { $0["outcome"] == outcome.rawValue }.compactMap { $0["segment"] }
        let list = named.prefix(5).map { "'\($0.printable)'" }.joined(separator: ", ") + (named.count > 5 ? " and others" : "")
        switch (outcome, margin) {
        case (.passed, nil): return "Every judged segment of '\(column)' holds in \(metric.rawValue)."
        case (.passed, let margin?): return "No judged segment of '\(column)' is worse in \(metric.rawValue) by more than \(margin)."
        case (.failed, nil): return "\(metric.rawValue) does not hold in \(list)."
        case (.failed, let margin?): return "The candidate is worse in \(metric.rawValue) by more than \(margin) in \(list)."
        case (.inconclusive, _): return "The rows do not tell for \(list): too few, or the interval is too wide."
        }
    }
}
