// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What a monitor compares: an endpoint's inputs, score and labels in a window of time with the baseline of the version that answered.
package struct MonitorSpecification: Codable, Equatable, Sendable {
    package static let maximumFeatures = 500

    package var name: String
    package var endpoint: String
    package var features: [MonitoredFeature]
    /// Nil when no labels ever arrive; then performance is not judged.
    package var label: LabelRule?
    package var thresholds: MonitorThresholds

    package init(
        name: String, endpoint: String, features: [MonitoredFeature], label: LabelRule? = LabelRule(),
        thresholds: MonitorThresholds = MonitorThresholds()
    ) {
        self.name = name
        self.endpoint = endpoint
        self.features = features
        self.label = label
        self.thresholds = thresholds
    }

    /// Thresholds that are left out take their standard values.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        endpoint = try container.decode(String.self, forKey: .endpoint)
        features = try container.decode([MonitoredFeature].self, forKey: .features)
        label = try container.decodeIfPresent(LabelRule.self, forKey: .label)
        thresholds = try container.decodeIfPresent(MonitorThresholds.self, forKey: .thresholds) ?? MonitorThresholds()
    }

    package func validate() throws(Problem) {
        try ResourceName.check(name, of: "monitor")
        try ResourceName.check(endpoint, of: "endpoint")
        guard features.count <= Self.maximumFeatures else { throw invalid("It names more than \(Self.maximumFeatures) features.") }
        var names: Set<String> = []
        for feature in features {
            guard !feature.name.isEmpty, feature.name.utf8.count <= 200, !feature.name.utf8.contains(0) else {
                throw invalid("The name of a feature has 1 to 200 bytes.")
            }
            guard names.insert(feature.name).inserted else { throw invalid("It names '\(feature.name.printable)' twice.") }
        }
        if let label, !label.positiveFrom.isFinite { throw invalid("'label.positiveFrom' is a finite number.") }
        if let reason = thresholds.fault { throw invalid(reason) }
    }

    private func invalid(_ why: String) -> Problem {
        Problem(.invalid, "monitoring.monitor.malformed", "The monitor cannot be used.", why: why)
    }
}

/// One model input to watch, by its name in the prediction log.
package struct MonitoredFeature: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable { case number, category }

    package var name: String
    package var kind: Kind

    package init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// How the number that a label is becomes the class that a score is the probability of.
package struct LabelRule: Codable, Equatable, Sendable {
    /// A label at or above it is positive.
    package var positiveFrom: Double

    package init(positiveFrom: Double = 0.5) {
        self.positiveFrom = positiveFrom
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        positiveFrom = try container.decodeIfPresent(Double.self, forKey: .positiveFrom) ?? 0.5
    }
}
