// SPDX-License-Identifier: Apache-2.0

package import Domain

/// One named check of a gate; in JSON and YAML `{name, threshold: {…}}` or `{name, champion: {…}}`.
package struct GateCheck: Equatable, Sendable {
    package enum Rule: Equatable, Sendable {
        case threshold(ThresholdRule)
        case champion(ChampionRule)
    }

    package var name: String
    package var rule: Rule

    package init(name: String, rule: Rule) {
        self.name = name
        self.rule = rule
    }

    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "check")
        switch rule {
        case .threshold(let rule):
            guard !rule.metric.isEmpty, rule.metric.utf8.count <= 250, rule.value.isFinite else {
                throw invalid("A threshold needs the name of a metric (at most 250 bytes) and a finite value.")
            }
        case .champion(let rule):
            guard rule.minimumEffect >= 0, rule.minimumEffect.isFinite else {
                throw invalid("The minimum effect must be finite and not negative.")
            }
            guard (0.5..<1).contains(rule.confidence) else { throw invalid("The confidence must be at least 0.5 and below 1.") }
            guard rule.minimumRows >= 2 else { throw invalid("A comparison needs at least 2 rows.") }
            guard rule.groupedBy.map({ !$0.isEmpty && $0.utf8.count <= 250 }) ?? true else {
                throw invalid("'groupedBy' is the name of a column, at most 250 bytes.")
            }
        }
    }

    private func invalid(_ why: String) -> Problem {
        Problem(.invalid, "delivery.gate.check-malformed", "The check '\(name)' cannot be used.", why: why)
    }
}

/// A reported metric against a fixed number.
package struct ThresholdRule: Codable, Equatable, Sendable {
    package enum Comparison: String, Codable, CaseIterable, Sendable {
        case atLeast, atMost, above, below

        package func holds(_ metric: Double, _ value: Double) -> Bool {
            switch self {
            case .atLeast: metric >= value
            case .atMost: metric <= value
            case .above: metric > value
            case .below: metric < value
            }
        }

        var words: String {
            switch self {
            case .atLeast: "at least"
            case .atMost: "at most"
            case .above: "above"
            case .below: "below"
            }
        }
    }

    package var metric: String
    package var comparison: Comparison
    package var value: Double

    package init(metric: String, comparison: Comparison, value: Double) {
        self.metric = metric
        self.comparison = comparison
        self.value = value
    }
}

/// The candidate against the champion on the same labelled rows, by a paired bootstrap.
package struct ChampionRule: Codable, Equatable, Sendable {
    package static let standardConfidence = 0.95
    package static let standardMinimumRows = 100

    package var metric: ScoreMetric
    /// In units of the metric, as an improvement: what is smaller is not worth a release.
    package var minimumEffect: Double
    /// Coverage of the two-sided interval.
    package var confidence: Double
    /// With fewer rows the check is inconclusive.
    package var minimumRows: Int
    /// Column of the scores file whose equal values are resampled together, for rows that are not independent (a day, a customer).
    package var groupedBy: String?

    package init(
        metric: ScoreMetric, minimumEffect: Double = 0, confidence: Double = standardConfidence, minimumRows: Int = standardMinimumRows,
        groupedBy: String? = nil
    ) {
        self.metric = metric
        self.minimumEffect = minimumEffect
        self.confidence = confidence
        self.minimumRows = minimumRows
        self.groupedBy = groupedBy
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metric = try container.decode(ScoreMetric.self, forKey: .metric)
        minimumEffect = try container.decodeIfPresent(Double.self, forKey: .minimumEffect) ?? 0
        confidence = try container.decodeIfPresent(Double.self, forKey: .confidence) ?? Self.standardConfidence
        minimumRows = try container.decodeIfPresent(Int.self, forKey: .minimumRows) ?? Self.standardMinimumRows
        groupedBy = try container.decodeIfPresent(String.self, forKey: .groupedBy)
    }
}

extension GateCheck: Codable {
    private enum CodingKeys: String, CodingKey { case name, threshold, champion }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        let threshold = try container.decodeIfPresent(ThresholdRule.self, forKey: .threshold)
        let champion = try container.decodeIfPresent(ChampionRule.self, forKey: .champion)
        switch (threshold, champion) {
        case (let rule?, nil): self.rule = .threshold(rule)
        case (nil, let rule?): self.rule = .champion(rule)
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .threshold, in: container, debugDescription: "A check has either 'threshold' or 'champion'.")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        switch rule {
        case .threshold(let rule): try container.encode(rule, forKey: .threshold)
        case .champion(let rule): try container.encode(rule, forKey: .champion)
        }
    }
}
