// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// A further rule of a monitor: what it looks at, and its limit. Its name is the rule's.
package struct MonitorCheck: Codable, Equatable, Sendable {
    package static let most = 100

    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// The share of rows in which a watched feature is absent or has another type; a fault of the data.
        case schema
        /// The share of rows in which `column` lies outside `minimum` to `maximum`; a fault of the data.
        case range
        /// How old the newest value of `column`, a time, is at the window's end: a fault of the data. Without `column` how long ago the last
        /// row is.
        case freshness
        /// The rows of the window, `minimum` to `maximum`.
        case volume
        /// The share of rows, older than `seconds`, that have a label.
        case labels
        /// The `metric` that the scores promise, if they are true probabilities (CBPE), against the spread of the baseline or `minimum`.
        case estimatedPerformance = "estimated-performance"
        /// How far groups of `column` lie apart.
        case fairness
        /// The share of answers that are no finite number, as burn rates of the budget that `objective` leaves.
        case errors
        /// The share of answers that took more than `milliseconds`, as burn rates of the budget that `objective` leaves.
        case latency
        /// Whether `columns`, or all, changed together.
        case jointDrift = "joint-drift"
    }

    package enum FairnessMetric: String, Codable, CaseIterable, Sendable {
        /// Share of rows with a score of at least `threshold`.
        case positiveRate = "positive-rate"
        /// The same among rows whose label is positive.
        case truePositiveRate = "true-positive-rate"
    }

    package var name: String
    package var type: Kind
    package var column: String?
    package var minimum: Double?
    package var maximum: Double?
    package var share: Double?
    package var seconds: Int?
    package var objective: Double?
    package var metric: String?
    package var threshold: Double?
    package var milliseconds: Double?
    package var columns: [String]?

    package init(
        _ name: String, _ type: Kind, column: String? = nil, minimum: Double? = nil, maximum: Double? = nil, share: Double? = nil,
        seconds: Int? = nil, objective: Double? = nil, metric: String? = nil, threshold: Double? = nil, milliseconds: Double? = nil,
        columns: [String]? = nil
    ) {
        self.name = name
        self.type = type
        self.column = column
        self.minimum = minimum
        self.maximum = maximum
        self.share = share
        self.seconds = seconds
        self.objective = objective
        self.metric = metric
        self.threshold = threshold
        self.milliseconds = milliseconds
        self.columns = columns
    }

    static let longestMilliseconds = 3_600_000.0

    /// What a burn rate counts; nil for checks that are none.
    var burnMeasure: BurnMeasure? {
        switch type {
        case .errors: .errors
        case .latency: milliseconds.map { .latency(microseconds: Int64(($0 * 1000).rounded(.down))) }
        default: nil
        }
    }

    static func validate(_ checks: [MonitorCheck], features: [MonitoredFeature]) throws(Problem) {
        guard checks.count <= most else { throw malformed("A monitor has at most \(most) checks.") }
        var names = Set(MonitorRule.all)
        for check in checks {
            try ResourceName.check(check.name, of: "check")
            guard names.insert(check.name).inserted else { throw malformed("There is a rule '\(check.name.printable)' already.") }
            if let reason = check.fault(features) { throw malformed("Check '\(check.name)': \(reason)") }
        }
    }

    var allowedShare: Double { share ?? (type == .schema ? 0.01 : 0) }
    var fairnessMetric: FairnessMetric { metric.flatMap(FairnessMetric.init(rawValue:)) ?? .positiveRate }
    var estimatedMetric: ClassificationMetric { metric.flatMap(ClassificationMetric.init(rawValue:)) ?? .rocAUC }

    /// What is missing or out of range; nil when nothing is.
    private func fault(_ features: [MonitoredFeature]) -> String? {
        guard [minimum, maximum, threshold].allSatisfy({ $0?.isFinite ?? true }) else { return "its limits are finite numbers." }
        if let share, !(0...1).contains(share) { return "'share' is 0 to 1." }
        if let seconds, !(1...366 * 86_400).contains(seconds) { return "'seconds' is 1 to a year." }
        if let column, column.isEmpty || column.utf8.count > 200 { return "'column' has 1 to 200 bytes." }
        switch type {
        case .schema: return features.isEmpty ? "the monitor watches no features." : nil
        case .range:
            guard column != nil, minimum != nil || maximum != nil else { return "it needs 'column', and 'minimum' or 'maximum'." }
            return (minimum ?? -.infinity) <= (maximum ?? .infinity) ? nil : "'minimum' is not above 'maximum'."
        case .freshness: return seconds == nil ? "it needs 'seconds'." : nil
        case .volume: return minimum == nil && maximum == nil ? "it needs 'minimum' or 'maximum'." : nil
        case .labels: return seconds == nil || share == nil ? "it needs 'seconds' and 'share'." : nil
        case .estimatedPerformance:
            return metric.map { ClassificationMetric(rawValue: $0) == nil } ?? false
                ? "'metric' is one of \(ClassificationMetric.allCases.map(\.rawValue).joined(separator: ", "))." : nil
        case .fairness:
            guard column != nil else { return "it needs 'column'." }
            return metric.map { FairnessMetric(rawValue: $0) == nil } ?? false
                ? "'metric' is one of \(FairnessMetric.allCases.map(\.rawValue).joined(separator: ", "))." : nil
        case .errors, .latency:
            guard let objective, objective > 0, objective < 1 else { return "it needs 'objective', above 0 and below 1, such as 0.999." }
            guard type == .latency else { return nil }
            guard let milliseconds, milliseconds > 0, milliseconds <= Self.longestMilliseconds else {
                return "it needs 'milliseconds', above 0 and at most \(Int(Self.longestMilliseconds))."
            }
            return nil
        case .jointDrift:
            if let maximum, !(maximum > 0 && maximum < 2) { return "'maximum' is above 0 and below 2." }
            if let columns, !columns.allSatisfy({ name in features.contains { $0.name == name } }) {
                return "'columns' are features of the monitor."
            }
            let chosen = columns.map { Set($0).count } ?? features.count
            return chosen >= 2 && (columns?.count ?? 0) <= JointDrift.columnLimit
                ? nil : "it needs 2 columns, and at most \(JointDrift.columnLimit) are named."
        }
    }

    private static func malformed(_ why: String) -> Problem {
        Problem(.invalid, "monitoring.check.malformed", "The monitor's checks cannot be used.", why: why)
    }
}
