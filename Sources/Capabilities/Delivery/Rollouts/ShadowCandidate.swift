// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Which revision an endpoint asks too, without giving its answers to anyone.
package enum ShadowCandidate {
    /// The candidate of a rollout that is in its shadow's time; nil without one.
    package static func find(_ endpoint: String, in workspace: String, _ transaction: any Transaction) throws -> Revision? {
        guard let rollout = try RolloutTable(transaction: transaction, workspace: workspace).active(endpoint),
            rollout.state.isShadowed
        else { return nil }
        return try RevisionTable(transaction: transaction, workspace: workspace).find(endpoint, rollout.candidate)
    }
}

extension RolloutState {
    /// Whether the candidate answers unseen.
    package var isShadowed: Bool { phase.isActive && plan.strategy == .shadow && percent == 0 }
}
