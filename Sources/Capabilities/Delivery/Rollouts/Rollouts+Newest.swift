// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Governance

extension Rollouts {
    /// The newest of an endpoint, also one that is over.
    package static func newest(
        of endpoint: String, workspace: String, in transaction: any Transaction
    ) throws -> Rollout? {
        let table = RolloutTable(transaction: transaction, workspace: workspace)
        return try table.latestID(endpoint).flatMap(table.find)
    }

    /// Gives the traffic of the endpoint's newest rollout back, as a part of a change that may control rollouts.
    ///
    /// - Returns: The rollout; nil when there is none.
    /// - Throws: What the rollout says against it, such as that there is no revision to go back to.
    package static func rollBackNewest(
        of endpoint: String, because reason: String, versions: VersionDirectory, in change: Change
    ) throws -> Rollout? {
        try check(reason: reason)
        guard
            let rollout = try newest(of: endpoint, workspace: change.workspace, in: change.transaction)
        else { return nil }
        return try RolloutTransition(change: change, versions: versions).perform(
            .commanded(.rollBack(because: reason), evidence: rollout.evidence), on: rollout,
            because: reason
        ).rollout
    }
}
