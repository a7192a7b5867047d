// SPDX-License-Identifier: Apache-2.0

package import Backends
import Delivery
import Domain
package import Governance

extension FaultResponse.Evidence {
    /// What is known of an endpoint when an event tells that something about it is wrong.
    ///
    /// - Parameter entry: Its `onset`, else its `windowStart`, else its own time is the onset.
    package init(of endpoint: String, told entry: LedgerEntry, in transaction: any Transaction) throws {
        let onset =
            entry.payload["onset"]?.integer ?? entry.payload["windowStart"]?.integer
            ?? entry.time.milliseconds
        self.init(
            onset: Timestamp(milliseconds: onset),
            version: entry.payload["version"]?.integer.map { Int($0) })
        let revisions = RevisionTable(transaction: transaction, workspace: entry.workspace)
        guard
            let newest = try Rollouts.newest(of: endpoint, workspace: entry.workspace, in: transaction),
            let candidate = try revisions.find(endpoint, newest.candidate)
        else { return }
        if newest.stable != nil, newest.state.phase.isActive || newest.state.phase == .promoted {
            rollout = .init(
                id: newest.id, version: candidate.version, started: newest.started,
                finished: newest.finished)
        }
        let row = try transaction.row(
            """
            SELECT COUNT(*) AS refusals, MAX(created) AS last FROM gate_report
            WHERE workspace = ? AND model = ? AND outcome = 'failed' AND created >= ?
            """, entry.workspace, candidate.model, newest.started)
        refusals = try row?["refusals"] ?? 0
        lastRefusal = try row?["last"]
    }
}
