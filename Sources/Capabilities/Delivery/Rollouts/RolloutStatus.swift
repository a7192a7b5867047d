// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
package import Governance

/// A rollout with what comes next and what holds it up.
package struct RolloutStatus: Codable, Equatable, Sendable {
    package var rollout: Rollout
    package var now: Timestamp
    /// What is missing for the next step; nil when nothing is, or there is none.
    package var waitsFor: String?
    package var environment: String?
    package var frozen: String?
}

extension Rollouts {
    package func status(_ id: String, by caller: Caller) async throws -> RolloutStatus {
        let now = governor.clock.now()
        return try await governor.read(.deliveryRead, by: caller) { transaction in
            let rollout = try RolloutTable(transaction: transaction, workspace: caller.workspace).require(id)
            let rules = try ReleaseRules(of: rollout.endpoint, in: caller.workspace, transaction)
            let isActive = rollout.state.phase.isActive
            return RolloutStatus(
                rollout: rollout, now: now,
                waitsFor: isActive ? rollout.state.missing(from: rollout.evidence ?? RolloutEvidence(), at: now) : nil,
                environment: rules.environment?.name, frozen: isActive ? rules.frozen(at: now) : nil)
        }
    }
}
