// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Something that waits, or waited, for a person.
package struct IncidentAnswer: Codable, Sendable {
    package var id: String
    package var endpoint: String
    package var monitor: String
    package var kind: String
    package var severity: String
    package var rule: String
    package var version: Int?
    package var segment: String
    package var summary: String
    /// `open`, `acknowledged`, `snoozed` or `closed`.
    package var status: String
    package var owner: String?
    package var windowStart: Int64
    package var windowEnd: Int64
    package var lastSeen: Int64
    package var seenCount: Int
    package var evaluation: String?
    package var opened: Int64
    package var reopenedCount: Int
    package var acknowledged: Int64?
    package var acknowledgedBy: String?
    package var snoozedUntil: Int64?
    package var closed: Int64?
    package var closedBy: String?
    package var resolution: String?
    package var note: String?

    package init(
        id: String, endpoint: String, monitor: String, kind: String, severity: String, rule: String, version: Int?, segment: String,
        summary: String, status: String, owner: String?, windowStart: Int64, windowEnd: Int64, lastSeen: Int64, seenCount: Int,
        evaluation: String?, opened: Int64, reopenedCount: Int, acknowledged: Int64?, acknowledgedBy: String?, snoozedUntil: Int64?,
        closed: Int64?, closedBy: String?, resolution: String?, note: String?
    ) {
        self.id = id
        self.endpoint = endpoint
        self.monitor = monitor
        self.kind = kind
        self.severity = severity
        self.rule = rule
        self.version = version
        self.segment = segment
        self.summary = summary
        self.status = status
        self.owner = owner
        self.windowStart = windowStart
        self.windowEnd = windowEnd
        self.lastSeen = lastSeen
        self.seenCount = seenCount
        self.evaluation = evaluation
        self.opened = opened
        self.reopenedCount = reopenedCount
        self.acknowledged = acknowledged
        self.acknowledgedBy = acknowledgedBy
        self.snoozedUntil = snoozedUntil
        self.closed = closed
        self.closedBy = closedBy
        self.resolution = resolution
        self.note = note
    }
}

/// One act about an incident.
package struct IncidentEntryAnswer: Codable, Sendable {
    package var time: Int64
    package var actor: String
    package var act: String
    package var note: String?
    package var detail: String?

    package init(time: Int64, actor: String, act: String, note: String?, detail: String?) {
        self.time = time
        self.actor = actor
        self.act = act
        self.note = note
        self.detail = detail
    }
}

/// What happened about the time at which an incident began.
package struct NearbyChangeAnswer: Codable, Sendable {
    package var time: Int64
    package var verb: String
    package var resource: String
    package var actor: String

    package init(time: Int64, verb: String, resource: String, actor: String) {
        self.time = time
        self.verb = verb
        self.resource = resource
        self.actor = actor
    }
}

/// `GET /api/v1/incidents/{incident}`
package struct IncidentDetailAnswer: Codable, Sendable {
    package var incident: IncidentAnswer
    /// Oldest first.
    package var timeline: [IncidentEntryAnswer]
    /// Where to look first: inputs, segments, onset; absent where nothing points anywhere.
    package var causes: JSONValue?
    /// Releases, data, schemas and settings that changed within a day of the onset, oldest first.
    package var changes: [NearbyChangeAnswer]

    package init(incident: IncidentAnswer, timeline: [IncidentEntryAnswer], causes: JSONValue?, changes: [NearbyChangeAnswer]) {
        self.incident = incident
        self.timeline = timeline
        self.causes = causes
        self.changes = changes
    }
}

/// `POST /api/v1/incidents/{incident}/close`
package struct CloseIncidentRequest: Codable, Sendable {
    package var note: String
    /// `repaired` (also when absent): the cause is gone; `accepted`: the data are right as they now are; `false-alarm`: there was nothing.
    package var resolution: String?

    package init(note: String, resolution: String? = nil) {
        self.note = note
        self.resolution = resolution
    }
}

/// `POST /api/v1/incidents/{incident}/acknowledge`, `snooze`, `assign` and `comment`
package struct IncidentActRequest: Codable, Sendable {
    package var note: String?
    /// Of `snooze`: milliseconds since 1970.
    package var until: Int64?
    /// Of `assign`: a principal's name.
    package var owner: String?

    package init(note: String? = nil, until: Int64? = nil, owner: String? = nil) {
        self.note = note
        self.until = until
        self.owner = owner
    }
}

/// What one rule of a monitor has done so far.
package struct RuleRecordAnswer: Codable, Sendable {
    package var rule: String
    /// Windows that it could judge, and those beyond its limit.
    package var windows: Int
    package var breaches: Int
    package var incidents: Int
    package var falseAlarms: Int
    /// Share of the incidents that people judged which were no false alarms; absent while they judged none.
    package var precision: Double?

    package init(rule: String, windows: Int, breaches: Int, incidents: Int, falseAlarms: Int, precision: Double?) {
        self.rule = rule
        self.windows = windows
        self.breaches = breaches
        self.incidents = incidents
        self.falseAlarms = falseAlarms
        self.precision = precision
    }
}

/// How often a rule would alarm about data that have not changed.
package struct ExpectationAnswer: Codable, Sendable {
    package var rule: String
    package var replayedWindows: Int
    package var rowsPerWindow: Int
    package var breaches: Int
    package var alarms: Int
    package var windowsPerMonth: Double
    package var falseAlarmsPerMonth: Double
    package var statement: String

    package init(
        rule: String, replayedWindows: Int, rowsPerWindow: Int, breaches: Int, alarms: Int, windowsPerMonth: Double,
        falseAlarmsPerMonth: Double, statement: String
    ) {
        self.rule = rule
        self.replayedWindows = replayedWindows
        self.rowsPerWindow = rowsPerWindow
        self.breaches = breaches
        self.alarms = alarms
        self.windowsPerMonth = windowsPerMonth
        self.falseAlarmsPerMonth = falseAlarmsPerMonth
        self.statement = statement
    }
}

/// `POST /api/v1/alerts/alertmanager`: what Alertmanager's webhook receiver sends, as far as it is looked at.
package struct AlertmanagerMessage: Codable, Sendable {
    package struct Alert: Codable, Sendable {
        /// `firing` or `resolved`.
        package var status: String
        package var labels: [String: String]
        package var annotations: [String: String]?
        package var startsAt: String
        package var fingerprint: String?
    }

    package var alerts: [Alert]
}

/// What came of alerts from outside.
package struct AlertsAnswer: Codable, Sendable {
    package var opened: Int
    package var closed: Int

    package init(opened: Int, closed: Int) {
        self.opened = opened
        self.closed = closed
    }
}
