// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
package import Governance

/// An incident with all that helps whoever looks at it.
package struct IncidentStory: Sendable {
    package var incident: Incident
    /// Oldest first.
    package var timeline: [IncidentEntry]
    /// Of the evaluation that opened it.
    package var causes: Causes?
    /// What changed within a day of the onset, oldest first.
    package var changes: [NearbyChange]
}

/// A ledger entry about something that can have been the cause.
package struct NearbyChange: Codable, Equatable, Sendable {
    package var time: Timestamp
    package var verb: String
    package var resource: String
    package var actor: String
}

extension Incidents {
    private static let reach = Duration.seconds(86_400)
    /// Releases, what data and schemas they come from, and settings.
    private static let nouns: Set<String> = [
        "release", "rollout", "version", "alias", "snapshot", "contract", "pipeline", "endpoint", "environment", "emergency",
    ]
    private static let monitorVerbs: Set<String> = ["monitor.applied", "monitor.rebased"]
    private static let shown = 100

    package func story(of id: String, by caller: Caller) async throws -> IncidentStory {
        try await governor.read(.monitoringRead, by: caller) { transaction in
            let incident = try IncidentTable(transaction: transaction, workspace: caller.workspace).require(id)
            let evaluation = try incident.evaluation.flatMap {
                try EvaluationTable(transaction: transaction, workspace: caller.workspace).find($0)
            }
            let causes = evaluation?.findings.causes
            return IncidentStory(
                incident: incident, timeline: try IncidentEntryTable(transaction: transaction, workspace: caller.workspace).list(id),
                causes: causes,
                changes: try Self.changes(around: causes?.onset ?? incident.window.start, in: caller.workspace, transaction))
        }
    }

    private static func changes(around onset: Timestamp, in workspace: String, _ transaction: any Transaction) throws -> [NearbyChange] {
        // Identifiers of entries begin with their time, so this is a range of the table's key.
        var found: [NearbyChange] = []
        try transaction.forEachRow(
            "SELECT time, verb, resource, actor FROM ledger_entry WHERE id >= ? AND id < ? AND workspace = ? AND outcome = 'done' ORDER BY id",
            values: [.text(identifier(at: onset - reach)), .text(identifier(at: onset + reach)), .text(workspace)]
        ) { row in
            let verb: String = try row["verb"]
            guard found.count < shown, nouns.contains(String(verb.prefix { $0 != "." })) || monitorVerbs.contains(verb) else { return }
            found.append(NearbyChange(time: try row["time"], verb: verb, resource: try row["resource"], actor: try row["actor"]))
        }
        return found
    }

    /// What identifiers made at this time or later are not below: the first ten of their digits.
    private static func identifier(at time: Timestamp) -> String {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        var rest = UInt64(max(0, time.milliseconds))
        var digits: [Character] = []
        for _ in 0..<10 {
            digits.append(alphabet[Int(rest & 31)])
            rest >>= 5
        }
        return String(digits.reversed())
    }
}
