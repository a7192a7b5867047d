// SPDX-License-Identifier: Apache-2.0

/// How a release takes over an endpoint's traffic; what is left out of a request takes its standard value.
package struct RolloutPlanBody: Codable, Sendable {
    /// The candidate's share step by step: rising whole per cents that end with 100.
    package var percents: [Int]?
    /// Labelled predictions of each revision needed in a step.
    package var minimumLabelled: Int?
    package var alpha: Double?
    package var maximumSeconds: Int?
    package var invalidShare: Double?
    package var requiresShownNotWorse: Bool?

    package init(
        percents: [Int]? = nil, minimumLabelled: Int? = nil, alpha: Double? = nil, maximumSeconds: Int? = nil, invalidShare: Double? = nil,
        requiresShownNotWorse: Bool? = nil
    ) {
        self.percents = percents
        self.minimumLabelled = minimumLabelled
        self.alpha = alpha
        self.maximumSeconds = maximumSeconds
        self.invalidShare = invalidShare
        self.requiresShownNotWorse = requiresShownNotWorse
    }
}

/// `POST /api/v1/releases`
package struct CreateReleaseRequest: Codable, Sendable {
    package var endpoint: String
    package var model: String
    package var version: Int
    package var gateReport: String
    package var approval: String
    package var plan: RolloutPlanBody?
    /// The unfinished rollout of the endpoint that this release ends.
    package var supersededRollout: String?

    package init(
        endpoint: String, model: String, version: Int, gateReport: String, approval: String, plan: RolloutPlanBody? = nil,
        supersededRollout: String? = nil
    ) {
        self.endpoint = endpoint
        self.model = model
        self.version = version
        self.gateReport = gateReport
        self.approval = approval
        self.plan = plan
        self.supersededRollout = supersededRollout
    }
}

/// `GET /api/v1/releases/{release}`; `state` is `started`, `completed` or `failed`.
package struct ReleaseAnswer: Codable, Sendable {
    package var id: String
    package var endpoint: String
    package var model: String
    package var version: Int
    /// Number of the revision that the release made.
    package var revision: Int
    package var rollout: String
    package var gateReport: String
    package var approval: String
    package var state: String
    package var createdBy: String
    package var created: Int64
    package var finished: Int64?

    package init(
        id: String, endpoint: String, model: String, version: Int, revision: Int, rollout: String, gateReport: String, approval: String,
        state: String, createdBy: String, created: Int64, finished: Int64?
    ) {
        self.id = id
        self.endpoint = endpoint
        self.model = model
        self.version = version
        self.revision = revision
        self.rollout = rollout
        self.gateReport = gateReport
        self.approval = approval
        self.state = state
        self.createdBy = createdBy
        self.created = created
        self.finished = finished
    }
}
