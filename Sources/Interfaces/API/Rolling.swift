// SPDX-License-Identifier: Apache-2.0

/// One endpoint of a wave.
package struct RollingTargetBody: Codable, Sendable {
    package var endpoint: String
    /// Id of the approval of the version's release to this endpoint.
    package var approval: String
    /// Id of its rollout, once its wave has begun.
    package var rollout: String?

    package init(endpoint: String, approval: String, rollout: String? = nil) {
        self.endpoint = endpoint
        self.approval = approval
        self.rollout = rollout
    }
}

/// `POST /api/v1/rolling-releases`: one version to several endpoints, wave after wave.
package struct StartRollingRequest: Codable, Sendable {
    package var model: String
    package var version: Int
    package var gateReport: String
    package var waves: [[RollingTargetBody]]
    /// How long a wave stands, all promoted, before the next begins.
    package var bakeSeconds: Int?

    package init(model: String, version: Int, gateReport: String, waves: [[RollingTargetBody]], bakeSeconds: Int? = nil) {
        self.model = model
        self.version = version
        self.gateReport = gateReport
        self.waves = waves
        self.bakeSeconds = bakeSeconds
    }
}

/// `POST /api/v1/rolling-releases/{rolling}/stop`
package struct StopRollingRequest: Codable, Sendable {
    package var reason: String

    package init(reason: String) {
        self.reason = reason
    }
}

/// `GET /api/v1/rolling-releases/{rolling}`; `state` is `running`, `stopped` or `completed`.
package struct RollingAnswer: Codable, Sendable {
    package var id: String
    package var model: String
    package var version: Int
    package var gateReport: String
    package var waves: [[RollingTargetBody]]
    package var bakeSeconds: Int
    package var state: String
    /// How many waves have begun.
    package var begun: Int
    package var reason: String?
    package var startedBy: String
    package var started: Int64
    package var finished: Int64?

    package init(
        id: String, model: String, version: Int, gateReport: String, waves: [[RollingTargetBody]], bakeSeconds: Int, state: String,
        begun: Int, reason: String?, startedBy: String, started: Int64, finished: Int64?
    ) {
        self.id = id
        self.model = model
        self.version = version
        self.gateReport = gateReport
        self.waves = waves
        self.bakeSeconds = bakeSeconds
        self.state = state
        self.begun = begun
        self.reason = reason
        self.startedBy = startedBy
        self.started = started
        self.finished = finished
    }
}
