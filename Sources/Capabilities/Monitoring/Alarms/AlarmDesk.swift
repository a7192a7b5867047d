// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// Turns readings of one evaluation into incidents, in the transaction that keeps it.
struct AlarmDesk {
    let change: Change
    let specification: MonitorSpecification

    private var rule: AlarmRule { specification.alarms ?? AlarmRule() }
    private var incidents: IncidentTable { IncidentTable(transaction: change.transaction, workspace: change.workspace) }
    private var windows: RuleWindowTable { RuleWindowTable(transaction: change.transaction, workspace: change.workspace) }
    private var desk: IncidentDesk { IncidentDesk(change: change) }

    /// - Parameter known: Rules whose breach of this window was told before, so that it is no news.
    func take(_ readings: [RuleReading], of evaluation: Evaluation, known: Set<String> = []) throws {
        // A maintenance window opens nothing and says nothing about what was before.
        if specification.isMaintained(evaluation.window) { return }
        for reading in readings {
            let subject = RuleSubject(
                endpoint: evaluation.endpoint, monitor: evaluation.monitor, rule: reading.rule,
                version: reading.ofVersion ? evaluation.version : nil, segment: reading.segment)
            let isNews = try windows.put(reading, of: subject, in: evaluation.window, evaluation: evaluation.id)
            let decision = reading.isImmediate ? nil : AlarmDecision(try windows.outcomes(of: subject), by: rule)
            if reading.outcome == .clean { try closeOlder(than: evaluation, subject) }
            guard let latest = try incidents.latest(subject), latest.isOpen else {
                guard isNews, reading.outcome == .breach, !known.contains(reading.rule), reading.severity >= rule.opensFrom,
                    decision ?? .raise == .raise
                else { continue }
                try raise(reading, subject, evaluation)
                continue
            }
            if reading.outcome == .breach {
                try desk.see(latest, in: evaluation.window, summary: reading.summary)
            } else if decision == .clear {
                try desk.close(latest, as: .recovered, note: "\(rule.clear) clean windows in a row.")
            }
        }
    }

    private func raise(_ reading: RuleReading, _ subject: RuleSubject, _ evaluation: Evaluation) throws {
        if let last = try incidents.latest(subject), let closed = last.closed, change.time - closed <= rule.cooldown {
            switch last.resolution {
            case .falseAlarm: return
            case .repaired, .recovered:
                return try desk.reopen(
                    last, seenIn: evaluation.window, summary: reading.summary, evaluation: evaluation.id)
            // What was accepted is no fault any more, so this is another one.
            case .accepted, .withdrawn, nil: break
            }
        }
        try desk.open(
            Incident(
                id: change.newIdentifier(), endpoint: subject.endpoint, monitor: subject.monitor, kind: reading.kind,
                severity: reading.severity, rule: reading.rule, version: subject.version, segment: reading.segment,
                summary: reading.summary, owner: specification.owner, window: evaluation.window, lastSeen: evaluation.window.end,
                evaluation: evaluation.id, opened: change.time))
    }

    /// What a version that no longer answers did wrong is over when the one that answers now is clean.
    private func closeOlder(than evaluation: Evaluation, _ subject: RuleSubject) throws {
        guard let version = subject.version else { return }
        for incident in try incidents.open(endpoint: subject.endpoint)
        where incident.monitor == subject.monitor && incident.rule == subject.rule && incident.segment == subject.segment
            && incident.version != version && incident.lastSeen <= evaluation.window.start
        {
            try desk.close(incident, as: .recovered, note: "Version \(version) answers, and its window is clean.")
        }
    }
}
