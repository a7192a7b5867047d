// SPDX-License-Identifier: Apache-2.0

package import Domain

/// How one release takes over an endpoint's traffic.
package struct Rollout: Codable, Equatable, Sendable {
    package var id: String
    package var release: String
    package var endpoint: String
    /// Number of the revision that is to take over.
    package var candidate: Int
    /// Number of the revision that answered before; nil for the first release of an endpoint.
    package var stable: Int?
    package var state: RolloutState
    /// The last that was observed.
    package var evidence: RolloutEvidence?
    package var started: Timestamp
    package var finished: Timestamp?
    /// Why it paused or ended.
    package var reason: String?
}

/// What `observe` saw to.
package struct RolloutObservation: Codable, Equatable, Sendable {
    package var rollout: Rollout
    package var decision: RolloutDecision
}
