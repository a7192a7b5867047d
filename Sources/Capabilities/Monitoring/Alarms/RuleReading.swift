// SPDX-License-Identifier: Apache-2.0

/// What one rule saw in one window.
package enum RuleOutcome: String, Codable, CaseIterable, Sendable {
    case clean
    /// Within the limit, but not by a fifth of it: neither a breach nor a sign that all is well.
    case near
    case breach
}

/// Whose windows are counted together: what is seen again of the same subject is the same incident.
package struct RuleSubject: Hashable, Sendable {
    package var endpoint: String
    package var monitor: String
    package var rule: String
    package var version: Int?
    package var segment: String

    package init(endpoint: String, monitor: String, rule: String, version: Int? = nil, segment: String = "") {
        self.endpoint = endpoint
        self.monitor = monitor
        self.rule = rule
        self.version = version
        self.segment = segment
    }
}

/// One rule's reading of one window.
package struct RuleReading: Codable, Equatable, Sendable {
    /// Share of the limit below which a window is clean.
    package static let cleanBelow = 0.8

    package var rule: String
    package var kind: Incident.Kind
    package var severity: Incident.Severity
    /// Whether its incident belongs to the version that answered.
    package var ofVersion = true
    package var segment = ""
    /// What was measured as a share of its limit: 1 is the limit. Nil where there is nothing to measure by degrees.
    package var level: Double?
    package var outcome: RuleOutcome
    package var summary: String

    package init(
        rule: String, kind: Incident.Kind, severity: Incident.Severity, ofVersion: Bool = true, segment: String = "", level: Double? = nil,
        outcome: RuleOutcome, summary: String
    ) {
        self.rule = rule
        self.kind = kind
        self.severity = severity
        self.ofVersion = ofVersion
        self.segment = segment
        self.level = level
        self.outcome = outcome
        self.summary = summary
    }

    /// By degrees: at its limit or beyond a breach, below 80 % of it clean.
    package init(
        rule: String, kind: Incident.Kind, severity: Incident.Severity, ofVersion: Bool = true, segment: String = "", level: Double,
        summary: String
    ) {
        let outcome: RuleOutcome = level >= 1 ? .breach : level < Self.cleanBelow ? .clean : .near
        self.init(
            rule: rule, kind: kind, severity: severity, ofVersion: ofVersion, segment: segment, level: level.isFinite ? level : nil,
            outcome: outcome, summary: summary)
    }

    /// Faults of the data open their incident in the first window, and only a person ends it.
    package var isImmediate: Bool { kind == .dataFault }
}
