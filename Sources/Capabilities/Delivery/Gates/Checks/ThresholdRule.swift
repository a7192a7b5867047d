// SPDX-License-Identifier: Apache-2.0

/// A reported metric against a fixed number.
package struct ThresholdRule: GateRule {
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

        var isFloor: Bool { self == .atLeast || self == .above }
        var isStrict: Bool { self == .above || self == .below }
    }

    package var metric: String
    package var comparison: Comparison
    package var value: Double

    package init(metric: String, comparison: Comparison, value: Double) {
        self.metric = metric
        self.comparison = comparison
        self.value = value
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        metric = try container.decode(String.self, forKey: .metric)
        comparison = try container.decode(Comparison.self, forKey: .comparison)
        value = try container.decode(Double.self, forKey: .value)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable { case metric, comparison, value }

    package var fault: String? {
        !metric.isEmpty && metric.utf8.count <= 250 && value.isFinite
            ? nil : "A threshold needs the name of a metric (at most 250 bytes) and a finite value."
    }

    package func judge(_ evidence: GateEvidence, against champion: Int?) -> CheckFinding.Result {
        let limit = "\(comparison.words) \(value)"
        guard let metric = evidence.metrics[self.metric] else {
            return .init(.failed, "Metric '\(self.metric)' is missing; it must be \(limit).")
        }
        let numbers = ["value": String(metric), "limit": String(value)]
        guard metric.isFinite else {
            return .init(.failed, "Metric '\(self.metric)' is \(metric), not a finite number.", numbers)
        }
        return .init(
            comparison.holds(metric, value) ? .passed : .failed, "Metric '\(self.metric)' is \(metric); it must be \(limit).", numbers)
    }

    /// Whether no number can satisfy both.
    func contradicts(_ other: ThresholdRule) -> Bool {
        guard metric == other.metric, comparison.isFloor != other.comparison.isFloor else { return false }
        let (floor, ceiling) = comparison.isFloor ? (self, other) : (other, self)
        return floor.value > ceiling.value
            || floor.value == ceiling.value && (floor.comparison.isStrict || ceiling.comparison.isStrict)
    }
}
