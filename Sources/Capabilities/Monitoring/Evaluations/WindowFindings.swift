// SPDX-License-Identifier: Apache-2.0

/// How one input of a window compares with the baseline.
package struct FeatureFinding: Codable, Equatable, Sendable {
    package enum Level: String, Codable, CaseIterable, Sendable { case none, warning, critical }
    package enum Test: String, Codable, CaseIterable, Sendable {
        case kolmogorovSmirnov = "kolmogorov-smirnov"
        /// 2×K contingency table of categories, or of bins where the baseline has no sample; rare ones pooled to 5 expected.
        case chiSquare = "chi-square"
    }

    package var name: String
    package var kind: MonitoredFeature.Kind
    package var rows: Int
    package var nulls: Int
    package var baselineRows: Int?
    package var baselineNulls: Int?
    package var test: Test?
    /// Largest gap of the distribution functions, or Pearson's statistic.
    package var statistic: Double?
    package var pValue: Double?
    package var adjustedPValue: Double?
    /// Population stability index in nats, what it comes to by chance at these counts, and the rest.
    package var stabilityIndex: Double?
    package var noiseFloor: Double?
    package var excess: Double?
    package var nullPValue: Double?
    package var nullAdjustedPValue: Double?
    /// The first 20 categories that the baseline never had, and the share of all values outside it.
    package var newCategories: [String]
    package var newCategoryShare: Double?
    package var level: Level
}

/// How the score of the version that answered most of the window compares with its baseline.
package struct ScoreFinding: Codable, Equatable, Sendable {
    package var rows: Int
    /// Answers that were no probability.
    package var invalid: Int
    package var baselineRows: Int
    package var stabilityIndex: Double
    package var noiseFloor: Double
    package var excess: Double
    package var hasDrifted: Bool
}

/// How good the version was in the window, as far as labels have arrived.
package struct PerformanceFinding: Codable, Equatable, Sendable {
    package var scoredRows: Int
    package var labelledRows: Int
    package var positiveRows: Int
    package var days: Int
    package var level: PerformanceLevel?
    /// Log loss of always saying the window's own share of positives; a model above it has no skill.
    package var constantLogLoss: Double?
    package var baselineLogLoss: Double?
    /// The window's log loss less the baseline's, with the percentile interval from resampling whole days.
    package var change: DayBootstrap?
    package var standing: PerformanceStanding
    /// Whether the labels are in; nil where none are expected, and of evaluations of before this was looked at.
    package var labels: LabelStanding?
    package var reason: String

    /// Whether the numbers may stand beside those of other windows.
    package var isComparable: Bool { labels.map { $0.maturity == .mature } ?? true }

    package var coverage: Double { scoredRows > 0 ? Double(labelledRows) / Double(scoredRows) : 0 }
}

/// A break of the data themselves, upstream of the model.
package struct DataFault: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        case unitChange = "unit-change"
        case nullBreak = "null-break"
        case newEncoding = "new-encoding"
        /// What a check of the monitor says is one.
        case check
    }

    package var kind: Kind
    package var feature: String
    /// For `unitChange`, such as "°F to °C".
    package var conversion: String?
    package var explanation: String
    /// The rule that found it; nil for those that every monitor has.
    package var check: String?
}

/// How many tests were made and what share of false alarms the rule allows.
package struct FalseAlarmControl: Codable, Equatable, Sendable {
    package var method: String
    package var level: Double
    package var tests: Int
    package var statement: String
}

/// Everything an evaluation found, before it has an id.
package struct WindowFindings: Codable, Equatable, Sendable {
    package static let binningRule =
        "Bins are the deciles of the baseline, equal edges joined, outer bins open, a value equal to an edge in the lower bin; "
        + "proportions over values that are not null, floored at 1e-4; index = sum of (q - p) ln(q / p)."

    package var features: [FeatureFinding]
    package var score: ScoreFinding?
    package var performance: PerformanceFinding
    package var faults: [DataFault]
    package var falseAlarms: FalseAlarmControl
    /// What the monitor's checks read; nil without any.
    package var checks: [RuleReading]?
    /// Where to look first; nil where nothing points anywhere.
    package var causes: Causes?
    package var binning = Self.binningRule
    package var verdict: Verdict
    /// In plain words, what the verdict rests on and what was not looked at.
    package var reasons: [String]
}
