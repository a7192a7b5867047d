// SPDX-License-Identifier: Apache-2.0

package import Delivery
package import Domain

/// What a monitor compares: an endpoint's inputs, score and labels in a window of time with the baseline of the version that answered.
package struct MonitorSpecification: Codable, Equatable, Sendable {
    package static let maximumFeatures = 500
    package static let maximumMaintenance = 50

    package var name: String
    package var endpoint: String
    package var features: [MonitoredFeature]
    /// Nil when no labels ever arrive; then performance is not judged.
    package var label: LabelRule?
    package var thresholds: MonitorThresholds
    /// When breaches become incidents; nil is the standard.
    package var alarms: AlarmRule?
    /// Which windows are judged without being asked; nil are none.
    package var schedule: MonitorSchedule?
    /// Further rules.
    package var checks: [MonitorCheck]?
    /// Rows that are judged by themselves, too.
    package var segments: [MonitorSegment]?
    /// What windows are compared with beside the frozen baseline.
    package var references: [MonitorReference]?
    /// When nothing is to be made of what is seen.
    package var maintenance: [FreezeWindow]?
    /// Whose its incidents are, by name.
    package var owner: String?

    package init(
        name: String, endpoint: String, features: [MonitoredFeature], label: LabelRule? = LabelRule(),
        thresholds: MonitorThresholds = MonitorThresholds(), alarms: AlarmRule? = nil, schedule: MonitorSchedule? = nil,
        checks: [MonitorCheck]? = nil, segments: [MonitorSegment]? = nil, references: [MonitorReference]? = nil,
        maintenance: [FreezeWindow]? = nil, owner: String? = nil
    ) {
        self.name = name
        self.endpoint = endpoint
        self.features = features
        self.label = label
        self.thresholds = thresholds
        self.alarms = alarms
        self.schedule = schedule
        self.checks = checks
        self.segments = segments
        self.references = references
        self.maintenance = maintenance
        self.owner = owner
    }

    /// Thresholds that are left out take their standard values.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        endpoint = try container.decode(String.self, forKey: .endpoint)
        features = try container.decode([MonitoredFeature].self, forKey: .features)
        label = try container.decodeIfPresent(LabelRule.self, forKey: .label)
        thresholds = try container.decodeIfPresent(MonitorThresholds.self, forKey: .thresholds) ?? MonitorThresholds()
        alarms = try container.decodeIfPresent(AlarmRule.self, forKey: .alarms)
        schedule = try container.decodeIfPresent(MonitorSchedule.self, forKey: .schedule)
        checks = try container.decodeIfPresent([MonitorCheck].self, forKey: .checks)
        segments = try container.decodeIfPresent([MonitorSegment].self, forKey: .segments)
        references = try container.decodeIfPresent([MonitorReference].self, forKey: .references)
        maintenance = try container.decodeIfPresent([FreezeWindow].self, forKey: .maintenance)
        owner = try container.decodeIfPresent(String.self, forKey: .owner)
    }

    /// By feature.
    var importances: [String: Double] {
        Dictionary(features.map { ($0.name, $0.importance ?? 1) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether a window begins or ends while its rules are to keep quiet.
    func isMaintained(_ window: Window) -> Bool {
        (maintenance ?? []).contains { $0.contains(window.start) || $0.contains(window.end - .milliseconds(1)) }
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
        if let reason = thresholds.fault ?? alarms?.fault ?? schedule?.fault { throw invalid(reason) }
        guard features.allSatisfy({ $0.importance.map { $0 >= 0 && $0.isFinite } ?? true }) else {
            throw invalid("An importance is not negative.")
        }
        guard (maintenance ?? []).count <= Self.maximumMaintenance else {
            throw invalid("It names more than \(Self.maximumMaintenance) maintenance windows.")
        }
        for window in maintenance ?? [] { try window.validate() }
        if let reason = MonitorSegment.fault(segments ?? []) ?? MonitorReference.fault(references ?? []) { throw invalid(reason) }
        try MonitorCheck.validate(checks ?? [], features: features)
        if let owner { try ResourceName.check(owner, of: "principal") }
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
    /// How much the model rests on it, on any scale; nil counts as 1.
    package var importance: Double?

    package init(_ name: String, _ kind: Kind, importance: Double? = nil) {
        self.name = name
        self.kind = kind
        self.importance = importance
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
