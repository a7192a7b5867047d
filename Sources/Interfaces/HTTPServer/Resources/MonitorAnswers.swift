// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import Monitoring

extension MonitorAnswer {
    init(_ monitor: Monitor) throws {
        self.init(
            name: monitor.name, endpoint: monitor.specification.endpoint, revision: monitor.revision,
            specification: try JSONValue(encoding: monitor.specification), created: monitor.created.milliseconds,
            changed: monitor.changed.milliseconds)
    }
}

extension BaselineAnswer {
    init(_ baseline: Baseline) throws {
        self.init(
            monitor: baseline.monitor, model: baseline.model, version: baseline.version, source: baseline.source,
            rows: baseline.profile.rowCount, logLoss: baseline.profile.level?.logLoss, rocAUC: baseline.profile.level?.rocAUC,
            created: baseline.created.milliseconds, createdBy: baseline.createdBy, profile: try JSONValue(encoding: baseline.profile))
    }
}

extension EvaluationAnswer {
    init(_ evaluation: Evaluation) throws {
        self.init(
            id: evaluation.id, monitor: evaluation.monitor, endpoint: evaluation.endpoint,
            windowStart: evaluation.window.start.milliseconds,
            windowEnd: evaluation.window.end.milliseconds, model: evaluation.model, version: evaluation.version, rows: evaluation.rowCount,
            verdict: evaluation.verdict.rawValue, reasons: evaluation.findings.reasons, retrainBlocked: evaluation.retrainBlocked,
            evaluatedBy: evaluation.evaluatedBy, created: evaluation.created.milliseconds,
            evidence: try JSONValue(encoding: evaluation.findings))
    }
}

extension IncidentAnswer {
    init(_ incident: Incident) {
        self.init(
            id: incident.id, endpoint: incident.endpoint, monitor: incident.monitor, kind: incident.kind.rawValue,
            severity: incident.severity.rawValue, rule: incident.rule, version: incident.version, segment: incident.segment,
            summary: incident.summary, status: incident.status.rawValue, owner: incident.owner,
            windowStart: incident.window.start.milliseconds, windowEnd: incident.window.end.milliseconds,
            lastSeen: incident.lastSeen.milliseconds, seenCount: incident.seenCount, evaluation: incident.evaluation,
            opened: incident.opened.milliseconds, reopenedCount: incident.reopenedCount,
            acknowledged: incident.acknowledged?.milliseconds, acknowledgedBy: incident.acknowledgedBy,
            snoozedUntil: incident.snoozedUntil?.milliseconds, closed: incident.closed?.milliseconds, closedBy: incident.closedBy,
            resolution: incident.resolution?.rawValue, note: incident.note)
    }
}

extension IncidentDetailAnswer {
    init(_ story: IncidentStory) throws {
        self.init(
            incident: IncidentAnswer(story.incident),
            timeline: story.timeline.map {
                IncidentEntryAnswer(
                    time: $0.time.milliseconds, actor: $0.actor, act: $0.act.rawValue, note: $0.note, detail: $0.detail)
            },
            causes: try story.causes.map { try JSONValue(encoding: $0) },
            changes: story.changes.map {
                NearbyChangeAnswer(time: $0.time.milliseconds, verb: $0.verb, resource: $0.resource, actor: $0.actor)
            })
    }
}

extension RuleRecordAnswer {
    init(_ record: RuleRecord) {
        self.init(
            rule: record.rule, windows: record.windows, breaches: record.breaches, incidents: record.incidents,
            falseAlarms: record.falseAlarms, precision: record.precision)
    }
}

extension ExpectationAnswer {
    init(_ expectation: FalseAlarmExpectation) {
        self.init(
            rule: expectation.rule, replayedWindows: expectation.replayedWindows, rowsPerWindow: expectation.rowsPerWindow,
            breaches: expectation.breaches, alarms: expectation.alarms, windowsPerMonth: expectation.windowsPerMonth,
            falseAlarmsPerMonth: expectation.falseAlarmsPerMonth, statement: expectation.statement)
    }
}

extension JSONValue {
    /// The form a value has as JSON.
    init(encoding value: some Encodable) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }

    /// - Throws: `Problem` `.invalid` naming the type.
    func decoded<Value: Decodable>(as type: Value.Type) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: JSONEncoder().encode(self))
        } catch let error as DecodingError {
            throw Problem(
                .invalid, "request.body.malformed", "The body does not hold a \(type) where one is expected.",
                why: String(describing: error).printable)
        }
    }
}
