// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Statistics

/// How good a version was on rows it had not learnt from.
package struct PerformanceLevel: Codable, Equatable, Sendable {
    package var rowCount: Int
    package var positiveCount: Int
    /// Mean negative log likelihood, in nats.
    package var logLoss: Double
    package var brierScore: Double
    package var rocAUC: Double?

    package init(rowCount: Int, positiveCount: Int, logLoss: Double, brierScore: Double, rocAUC: Double?) {
        self.rowCount = rowCount
        self.positiveCount = positiveCount
        self.logLoss = logLoss
        self.brierScore = brierScore
        self.rocAUC = rocAUC
    }
}

/// Some scores of the version with what proved true, chosen by hash.
package struct BaselineOutcomes: Codable, Equatable, Sendable {
    package static let limit = 2000

    package var scores: [Double]
    package var positives: [Bool]

    package init(scores: [Double], positives: [Bool]) {
        self.scores = scores
        self.positives = positives
    }
}

/// What windows are compared with: the distributions of one version's inputs and scores, and its performance, frozen.
package struct BaselineProfile: Codable, Equatable, Sendable {
    package var rowCount: Int
    package var numeric: [String: NumericProfile]
    package var categorical: [String: CategoricalProfile]
    package var score: NumericProfile?
    package var level: PerformanceLevel?
    /// At most 20,000 values of each numeric feature, ascending. Without them a feature is tested on its bins.
    package var samples: [String: [Double]]
    /// Scores with what proved true, for estimates without labels; nil without labels.
    package var outcomes: BaselineOutcomes?
    /// The segments that windows are judged by, by name; nil in a baseline that was made without them.
    package var segments: [String: SegmentBaseline]?
    /// Whole rows, for rules about several columns; nil where there are none.
    package var rows: RowSample?

    package init(
        rowCount: Int, numeric: [String: NumericProfile] = [:], categorical: [String: CategoricalProfile] = [:],
        score: NumericProfile? = nil,
        level: PerformanceLevel? = nil, samples: [String: [Double]] = [:], outcomes: BaselineOutcomes? = nil
    ) {
        self.rowCount = rowCount
        self.numeric = numeric
        self.categorical = categorical
        self.score = score
        self.level = level
        self.samples = samples
        self.outcomes = outcomes
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        rowCount = try container.decode(Int.self, forKey: .rowCount)
        numeric = try container.decodeIfPresent([String: NumericProfile].self, forKey: .numeric) ?? [:]
        categorical = try container.decodeIfPresent([String: CategoricalProfile].self, forKey: .categorical) ?? [:]
        score = try container.decodeIfPresent(NumericProfile.self, forKey: .score)
        level = try container.decodeIfPresent(PerformanceLevel.self, forKey: .level)
        samples = try container.decodeIfPresent([String: [Double]].self, forKey: .samples) ?? [:]
        outcomes = try container.decodeIfPresent(BaselineOutcomes.self, forKey: .outcomes)
        segments = try container.decodeIfPresent([String: SegmentBaseline].self, forKey: .segments)
        rows = try container.decodeIfPresent(RowSample.self, forKey: .rows)
    }

    /// Bins come from the deciles of each column, of a sample of it beyond 20,000 values; everything else counts all rows.
    ///
    /// Features without a value, and scores or labels that are absent, are left out. O(n log n) for each column.
    package static func build(of features: [MonitoredFeature], from rows: some Sequence<MonitoredRow>) -> BaselineProfile {
        var first = WindowSummary(features: features)
        for row in rows { first.add(row) }
        var second = first.overOwnBins()
        for row in rows { second.add(row) }
        return BaselineProfile(second, samples: first)
    }

    /// - Parameter counted: A pass over bins that `sampled`, a first pass over the same rows, has given.
    init(_ counted: WindowSummary, samples sampled: WindowSummary) {
        let numeric = counted.numbers.compactMapValues { $0.values > 0 ? $0.profile : nil }
        self.init(
            rowCount: counted.rowCount, numeric: numeric,
            categorical: counted.categories.compactMapValues { $0.values > 0 ? $0.profile : nil },
            score: counted.score.values > 0 ? counted.score.profile : nil, level: counted.performance.level,
            samples: sampled.numbers.filter { numeric[$0.key] != nil }.mapValues { $0.sample.values.sorted() },
            outcomes: counted.performance.outcomes)
    }

    package func validate() throws(Problem) {
        func refuse(_ why: String) -> Problem {
            Problem(.invalid, "monitoring.baseline.malformed", "The baseline cannot be used.", why: why)
        }
        guard rowCount > 0 else { throw refuse("It has no rows.") }
        guard samples.values.allSatisfy({ $0.count <= NumericSummary.sampleLimit && $0.allSatisfy { !$0.isNaN } }) else {
            throw refuse("A sample has at most \(NumericSummary.sampleLimit) values, all numbers.")
        }
        guard samples.values.allSatisfy({ zip($0, $0.dropFirst()).allSatisfy(<=) }) else { throw refuse("A sample is not ascending.") }
        guard (segments ?? [:]).count <= MonitorSegment.judged else { throw refuse("It has more than \(MonitorSegment.judged) segments.") }
        if let rows {
            guard rows.items.count <= RowSample.limit, rows.items.allSatisfy({ $0.inputs.count == rows.columns.count }) else {
                throw refuse("It has more than \(RowSample.limit) sampled rows, or one without a value for each column.")
            }
        }
        if let outcomes {
            guard outcomes.scores.count == outcomes.positives.count, outcomes.scores.count <= BaselineOutcomes.limit,
                outcomes.scores.allSatisfy({ (0...1).contains($0) })
            else { throw refuse("Its outcomes are at most \(BaselineOutcomes.limit) scores from 0 to 1, each with its label.") }
        }
        if let level {
            guard level.rowCount > 0, (0...level.rowCount).contains(level.positiveCount), level.logLoss >= 0, level.logLoss.isFinite else {
                throw refuse("Its level has counts or a log loss out of range.")
            }
        }
    }
}

extension WindowSummary {
    /// An empty summary over bins made from this one's samples.
    func overOwnBins() -> WindowSummary {
        WindowSummary(
            features: features, bins: numbers.compactMapValues { ReferenceBins(reference: $0.sample.values) },
            scoreBins: ReferenceBins(reference: score.sample.values))
    }
}
