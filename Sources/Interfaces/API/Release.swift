// SPDX-License-Identifier: Apache-2.0

package import Domain

/// How a release takes over an endpoint's traffic; what is left out of a request is as the endpoint's, the environment's or the standard
/// plan has it.
package struct RolloutPlanBody: Codable, Sendable {
    /// `canary`, `blue-green` or `shadow`.
    package var strategy: String?
    /// The candidate's share step by step: rising whole per cents that end with 100.
    package var percents: [Int]?
    /// The least time in each step.
    package var bakeSeconds: Int?
    package var minimumPredictions: Int?
    /// Labelled predictions of each revision needed in a step.
    package var minimumLabelled: Int?
    /// Requests that a shadow must have answered too.
    package var minimumPairs: Int?
    package var alpha: Double?
    package var maximumSeconds: Int?
    package var invalidShare: Double?
    /// Stability index in nats beyond noise; none is asked for when absent.
    package var scoreShift: Double?
    package var requiresShownNotWorse: Bool?
    /// How long the replaced revision stays loaded.
    package var keepWarmSeconds: Int?
    /// As in a document: `beforePercent`, `approvers`, `roles`.
    package var stepApprovals: [JSONValue]?
    /// As in a document: `input`, `values`.
    package var segments: JSONValue?
    /// As in a document: `p50`, `p99`, `minimum`.
    package var latency: JSONValue?
    package var schemaViolations: Bool?
    /// As in a document: `shedShare`, `minimum`.
    package var saturation: JSONValue?
    /// As in a document.
    package var smokeTests: [JSONValue]?
    /// As in a document.
    package var guards: [JSONValue]?

    package init(
        strategy: String? = nil, percents: [Int]? = nil, bakeSeconds: Int? = nil, minimumPredictions: Int? = nil,
        minimumLabelled: Int? = nil, minimumPairs: Int? = nil, alpha: Double? = nil, maximumSeconds: Int? = nil,
        invalidShare: Double? = nil, scoreShift: Double? = nil, requiresShownNotWorse: Bool? = nil, keepWarmSeconds: Int? = nil,
        stepApprovals: [JSONValue]? = nil,
        segments: JSONValue? = nil, latency: JSONValue? = nil, schemaViolations: Bool? = nil, saturation: JSONValue? = nil,
        smokeTests: [JSONValue]? = nil, guards: [JSONValue]? = nil
    ) {
        self.strategy = strategy
        self.percents = percents
        self.bakeSeconds = bakeSeconds
        self.minimumPredictions = minimumPredictions
        self.minimumLabelled = minimumLabelled
        self.minimumPairs = minimumPairs
        self.alpha = alpha
        self.maximumSeconds = maximumSeconds
        self.invalidShare = invalidShare
        self.scoreShift = scoreShift
        self.requiresShownNotWorse = requiresShownNotWorse
        self.keepWarmSeconds = keepWarmSeconds
        self.stepApprovals = stepApprovals
        self.segments = segments
        self.latency = latency
        self.schemaViolations = schemaViolations
        self.saturation = saturation
        self.smokeTests = smokeTests
        self.guards = guards
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

/// `POST /api/v1/emergencies`: asks a second person for a release that skips gates and freezes.
package struct AskEmergencyRequest: Codable, Sendable {
    package var endpoint: String
    package var model: String
    package var version: Int
    package var reason: String

    package init(endpoint: String, model: String, version: Int, reason: String) {
        self.endpoint = endpoint
        self.model = model
        self.version = version
        self.reason = reason
    }
}

/// `POST /api/v1/emergencies/{release}/close`
package struct CloseEmergencyRequest: Codable, Sendable {
    /// What came of it.
    package var note: String

    package init(note: String) {
        self.note = note
    }
}

/// `GET /api/v1/emergencies`
package struct EmergencyAnswer: Codable, Sendable {
    /// To be given as the release's gate report.
    package var report: String
    /// To be given as the release's approval, once a second person has approved it.
    package var approval: String
    package var endpoint: String
    package var model: String
    package var version: Int
    package var reason: String
    package var askedBy: String
    package var asked: Int64
    package var release: String?
    package var opened: Int64?
    package var closed: Int64?
    package var closedBy: String?
    package var note: String?

    package init(
        report: String, approval: String, endpoint: String, model: String, version: Int, reason: String, askedBy: String, asked: Int64,
        release: String?, opened: Int64?, closed: Int64?, closedBy: String?, note: String?
    ) {
        self.report = report
        self.approval = approval
        self.endpoint = endpoint
        self.model = model
        self.version = version
        self.reason = reason
        self.askedBy = askedBy
        self.asked = asked
        self.release = release
        self.opened = opened
        self.closed = closed
        self.closedBy = closedBy
        self.note = note
    }
}
