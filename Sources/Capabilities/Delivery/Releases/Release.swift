// SPDX-License-Identifier: Apache-2.0

package import Domain

/// The decision to put a model version into an endpoint.
package struct Release: Codable, Equatable, Sendable {
    package enum State: String, Codable, CaseIterable, Sendable {
        /// The rollout is under way.
        case started
        case completed
        /// Rolled back, aborted or superseded.
        case failed
    }

    package var id: String
    package var subject: ReleaseSubject
    /// Number of the revision it made.
    package var revision: Int
    package var rollout: String
    package var gateReport: String
    package var approval: String
    package var state: State
    package var createdBy: String
    package var created: Timestamp
    package var finished: Timestamp?
}

/// What is needed to release.
package struct NewRelease: Sendable {
    package var subject: ReleaseSubject
    /// Nil for the endpoint's plan, else its environment's, else the standard one.
    package var plan: RolloutPlan?
    /// What is different from that plan.
    package var adjust: @Sendable (inout RolloutPlan) -> Void
    package var gateReport: String
    package var approval: String
    /// The unfinished rollout of the endpoint that this release is to end.
    package var supersededRollout: String?

    package init(
        subject: ReleaseSubject, plan: RolloutPlan? = nil, gateReport: String, approval: String, supersededRollout: String? = nil,
        adjust: @escaping @Sendable (inout RolloutPlan) -> Void = { _ in }
    ) {
        self.subject = subject
        self.plan = plan
        self.gateReport = gateReport
        self.approval = approval
        self.supersededRollout = supersededRollout
        self.adjust = adjust
    }
}
