// SPDX-License-Identifier: Apache-2.0

/// What is known about a rollout since it began; cumulative.
package struct RolloutEvidenceAnswer: Codable, Sendable {
    package var candidateLabelled: Int
    package var stableLabelled: Int
    package var candidatePredictions: Int
    package var candidateInvalid: Int
    /// Why the candidate must go back; absent without a breach.
    package var breach: String?

    package init(candidateLabelled: Int, stableLabelled: Int, candidatePredictions: Int, candidateInvalid: Int, breach: String?) {
        self.candidateLabelled = candidateLabelled
        self.stableLabelled = stableLabelled
        self.candidatePredictions = candidatePredictions
        self.candidateInvalid = candidateInvalid
        self.breach = breach
    }
}

/// `GET /api/v1/rollouts/{rollout}`; `phase` is `progressing`, `paused`, `promoted`, `rolled-back`, `aborted` or `superseded`.
package struct RolloutAnswer: Codable, Sendable {
    package var id: String
    package var release: String
    package var endpoint: String
    /// Number of the revision that is to take over.
    package var candidate: Int
    /// Number of the revision that answered before; absent for an endpoint's first release.
    package var stable: Int?
    package var phase: String
    /// The candidate's share of the traffic now, in whole per cents.
    package var percent: Int
    package var plan: RolloutPlanBody
    package var deadline: Int64
    package var evidence: RolloutEvidenceAnswer?
    package var started: Int64
    package var finished: Int64?
    /// Why it paused or ended.
    package var reason: String?

    package init(
        id: String, release: String, endpoint: String, candidate: Int, stable: Int?, phase: String, percent: Int, plan: RolloutPlanBody,
        deadline: Int64, evidence: RolloutEvidenceAnswer?, started: Int64, finished: Int64?, reason: String?
    ) {
        self.id = id
        self.release = release
        self.endpoint = endpoint
        self.candidate = candidate
        self.stable = stable
        self.phase = phase
        self.percent = percent
        self.plan = plan
        self.deadline = deadline
        self.evidence = evidence
        self.started = started
        self.finished = finished
        self.reason = reason
    }
}

/// `POST /api/v1/rollouts/{rollout}/promote`, `roll-back`, `pause` and `abort`.
package struct RolloutReasonRequest: Codable, Sendable {
    /// 1 to 2000 bytes.
    package var reason: String

    package init(reason: String) {
        self.reason = reason
    }
}

/// `POST /api/v1/rollouts/{rollout}/shift`
package struct ShiftRolloutRequest: Codable, Sendable {
    /// A later step of the plan, below 100.
    package var percent: Int

    package init(percent: Int) {
        self.percent = percent
    }
}
