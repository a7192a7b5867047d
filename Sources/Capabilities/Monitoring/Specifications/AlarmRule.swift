// SPDX-License-Identifier: Apache-2.0

/// When what a rule sees becomes an incident, and when the incident is over. Faults of the data are one at once, and a person ends them.
package struct AlarmRule: Codable, Equatable, Sendable {
    package static let mostWindows = 50
    package static let longestCooldownHours = 24 * 90

    /// An incident is opened after so many breaches among the last `of` windows.
    package var raise = 2
    package var of = 3
    /// It is over after so many clean windows in a row; clean is a level below 80 % of its limit.
    package var clear = 3
    /// What comes back within it reopens the incident; what was a false alarm stays quiet.
    package var cooldownHours = 24
    /// Rules of a lower severity are listed but open no incident.
    package var opensFrom = Incident.Severity.critical

    package init(raise: Int = 2, of: Int = 3, clear: Int = 3, cooldownHours: Int = 24, opensFrom: Incident.Severity = .critical) {
        self.raise = raise
        self.of = of
        self.clear = clear
        self.cooldownHours = cooldownHours
        self.opensFrom = opensFrom
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let usual = AlarmRule()
        raise = try container.decodeIfPresent(Int.self, forKey: .raise) ?? usual.raise
        of = try container.decodeIfPresent(Int.self, forKey: .of) ?? max(usual.of, raise)
        clear = try container.decodeIfPresent(Int.self, forKey: .clear) ?? usual.clear
        cooldownHours = try container.decodeIfPresent(Int.self, forKey: .cooldownHours) ?? usual.cooldownHours
        opensFrom = try container.decodeIfPresent(Incident.Severity.self, forKey: .opensFrom) ?? usual.opensFrom
    }

    var cooldown: Duration { .seconds(cooldownHours * 3600) }

    /// What is out of range; nil when nothing is.
    var fault: String? {
        guard (1...Self.mostWindows).contains(raise), (raise...Self.mostWindows).contains(of), (1...Self.mostWindows).contains(clear) else {
            return "'alarms.raise' is at least 1 and not above 'alarms.of', and no number of windows is above \(Self.mostWindows)."
        }
        guard (0...Self.longestCooldownHours).contains(cooldownHours) else {
            return "'alarms.cooldownHours' is 0 to \(Self.longestCooldownHours)."
        }
        return nil
    }
}
