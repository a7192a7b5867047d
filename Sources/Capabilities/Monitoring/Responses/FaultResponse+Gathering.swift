// SPDX-License-Identifier: Apache-2.0

package import Backends
import Delivery
package import Domain
package import Governance

extension FaultResponse.Evidence {
    /// What is known of an endpoint when an event tells that something about it is wrong.
    ///
    /// - Parameters:
    ///   - entry: Its `onset`, else its `windowStart`, else its own time is the onset.
    ///   - lastResponse: When whoever asks did something last.
    package init(of endpoint: String, told entry: LedgerEntry, lastResponse: Timestamp? = nil, in transaction: any Transaction) throws {
        let onset =
            entry.payload["onset"]?.integer ?? entry.payload["windowStart"]?.integer ?? entry.time.milliseconds
        self.init(
            onset: Timestamp(milliseconds: onset), version: entry.payload["version"]?.integer.map { Int($0) }, lastResponse: lastResponse)
        brokenData = try Incidents.brokenData(of: endpoint, workspace: entry.workspace, in: transaction)
        var model = entry.payload["model"]?.text
        let newest = try Rollouts.newest(of: endpoint, workspace: entry.workspace, in: transaction)
        let revisions = RevisionTable(transaction: transaction, workspace: entry.workspace)
        if let newest, let candidate = try revisions.find(endpoint, newest.candidate) {
            model = candidate.model
            if newest.stable != nil, newest.state.phase.isActive || newest.state.phase == .promoted {
                rollout = .init(id: newest.id, version: candidate.version, started: newest.started, finished: newest.finished)
            }
        }
        guard let model else { return }
        let row = try transaction.row(
            """
            SELECT COUNT(DISTINCT version) AS refusals, MAX(created) AS last FROM gate_report
            WHERE workspace = ? AND model = ? AND outcome <> 'passed' AND created >= ?
            """, entry.workspace, model, newest?.started ?? Timestamp(milliseconds: 0))
        refusals = try row?["refusals"] ?? 0
        lastRefusal = try row?["last"]
    }
}

extension Incidents {
    /// Why nothing must be learned from an endpoint's data now, as a sentence; nil while nothing is known against them.
    package static func brokenData(of endpoint: String, workspace: String, in transaction: any Transaction) throws -> String? {
        try open(endpoint: endpoint, workspace: workspace, in: transaction).first.map {
            "Incident \($0.id) of endpoint '\(endpoint)' is open: its data are broken."
        }
    }
}
