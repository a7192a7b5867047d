// SPDX-License-Identifier: Apache-2.0

package import Governance

/// What one rule of a monitor has done so far.
package struct RuleRecord: Codable, Equatable, Sendable {
    package var rule: String
    /// Windows that it could judge, and those beyond its limit.
    package var windows: Int
    package var breaches: Int
    package var incidents: Int
    package var falseAlarms: Int
    /// Incidents of which a person said that there was something.
    package var confirmed: Int

    /// Share of the incidents that people judged which were no false alarms; nil while they judged none.
    package var precision: Double? {
        falseAlarms + confirmed > 0 ? Double(confirmed) / Double(falseAlarms + confirmed) : nil
    }
}

extension Monitors {
    /// By name. A rule that has neither read a window nor opened an incident is not among them.
    package func rules(of name: String, by caller: Caller) async throws -> [RuleRecord] {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            _ = try MonitorTable(transaction: transaction, workspace: caller.workspace).require(name)
            var records: [String: RuleRecord] = [:]
            func record(_ rule: String, _ change: (inout RuleRecord) -> Void) {
                var record =
                    records[rule] ?? RuleRecord(rule: rule, windows: 0, breaches: 0, incidents: 0, falseAlarms: 0, confirmed: 0)
                change(&record)
                records[rule] = record
            }
            for count in try RuleWindowTable(transaction: transaction, workspace: caller.workspace).counts(of: name) {
                record(count.rule) {
                    $0.windows += count.number
                    if count.outcome == RuleOutcome.breach.rawValue { $0.breaches += count.number }
                }
            }
            for count in try IncidentTable(transaction: transaction, workspace: caller.workspace).counts(of: name) {
                record(count.rule) {
                    $0.incidents += count.number
                    switch count.resolution {
                    case .falseAlarm: $0.falseAlarms += count.number
                    case .repaired, .accepted: $0.confirmed += count.number
                    case .recovered, .withdrawn, nil: break
                    }
                }
            }
            return records.values.sorted { $0.rule < $1.rule }
        }
    }

    /// How often the rules about inputs would alarm about data like the newest baseline's, by replay.
    ///
    /// - Throws: `Problem` `.rejected` when the monitor has no baseline.
    package func expectation(of name: String, by caller: Caller) async throws -> [FalseAlarmExpectation] {
        let (monitor, baseline, rows) = try await governor.read(.monitoringRead, by: caller) { transaction in
            let monitor = try MonitorTable(transaction: transaction, workspace: caller.workspace).require(name)
            let table = BaselineTable(transaction: transaction, workspace: caller.workspace)
            let newest = try table.list(name).first
            let evaluations = try EvaluationTable(transaction: transaction, workspace: caller.workspace).list(
                monitor: name, after: nil, limit: 20)
            let counts = evaluations.map(\.rowCount).filter { $0 > 0 }.sorted()
            return (
                monitor, try newest.flatMap { try table.find(name, $0.model, $0.version, withSamples: true) },
                counts.isEmpty ? nil : counts[counts.count / 2]
            )
        }
        guard let baseline else {
            throw MonitorReplay.noBaseline(name)
        }
        return MonitorReplay(
            specification: monitor.specification, baseline: baseline.profile, rowsPerWindow: rows,
            seed: StableHash.of(name, salt: "false-alarm-replay")
        ).expectations()
    }
}
