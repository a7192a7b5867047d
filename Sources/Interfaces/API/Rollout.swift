// SPDX-License-Identifier: Apache-2.0

/// What is known about a rollout since it began; cumulative.
package struct RolloutEvidenceAnswer: Codable, Sendable {
    package var candidateLabelled: Int
    package var stableLabelled: Int
    package var candidatePredictions: Int
    package var candidateInvalid: Int
    /// Errors, invalid answers and labelled losses that were weighed.
    package var badEvents: Int
    /// Natural logarithm of the strongest evidence that the candidate is worse.
    package var logHarm: Double
    /// Reaching it rolls back.
    package var logLimit: Double
    /// Requests that a shadow answered too; absent without a shadow.
    package var pairs: Int?
    /// Why the candidate must go back; absent without a breach.
    package var breach: String?

    package init(
        candidateLabelled: Int, stableLabelled: Int, candidatePredictions: Int, candidateInvalid: Int, badEvents: Int, logHarm: Double,
        logLimit: Double, pairs: Int?, breach: String?
    ) {
        self.candidateLabelled = candidateLabelled
        self.stableLabelled = stableLabelled
        self.candidatePredictions = candidatePredictions
        self.candidateInvalid = candidateInvalid
        self.badEvents = badEvents
        self.logHarm = logHarm
        self.logLimit = logLimit
        self.pairs = pairs
        self.breach = breach
    }
}

/// What a rollout does next, and what holds it up.
package struct RolloutOutlookAnswer: Codable, Sendable {
    package var now: Int64
    package var stepBegan: Int64
    /// The share of the next step; absent when there is none.
    package var nextPercent: Int?
    /// The step's least time is over then; absent where it takes none.
    package var bakesUntil: Int64?
    /// What is still missing for the next step; absent when nothing is.
    package var waitsFor: String?
    package var environment: String?
    /// Why nothing may be released now; absent when it may.
    package var frozen: String?
    /// Until when the replaced revision stays loaded.
    package var warmUntil: Int64?

    package init(
        now: Int64, stepBegan: Int64, nextPercent: Int?, bakesUntil: Int64?, waitsFor: String?, environment: String?, frozen: String?,
        warmUntil: Int64?
    ) {
        self.now = now
        self.stepBegan = stepBegan
        self.nextPercent = nextPercent
        self.bakesUntil = bakesUntil
        self.waitsFor = waitsFor
        self.environment = environment
        self.frozen = frozen
        self.warmUntil = warmUntil
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
    /// Only where one rollout is shown.
    package var outlook: RolloutOutlookAnswer?

    package init(
        id: String, release: String, endpoint: String, candidate: Int, stable: Int?, phase: String, percent: Int, plan: RolloutPlanBody,
        deadline: Int64, evidence: RolloutEvidenceAnswer?, started: Int64, finished: Int64?, reason: String?,
        outlook: RolloutOutlookAnswer? = nil
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
        self.outlook = outlook
    }
}

/// `GET /api/v1/rollouts/{rollout}/replay`: every transition computed again from what it followed from.
package struct RolloutReplayAnswer: Codable, Sendable {
    package struct Step: Codable, Sendable {
        package var number: Int
        package var time: Int64
        /// Such as `promote` or `shift`.
        package var decision: String
        package var phase: String
        package var percent: Int
        /// Id of its ledger entry.
        package var entry: String
        package var faults: [String]

        package init(number: Int, time: Int64, decision: String, phase: String, percent: Int, entry: String, faults: [String]) {
            self.number = number
            self.time = time
            self.decision = decision
            self.phase = phase
            self.percent = percent
            self.entry = entry
            self.faults = faults
        }
    }

    package var rollout: String
    package var agrees: Bool
    package var steps: [Step]
    package var faults: [String]

    package init(rollout: String, agrees: Bool, steps: [Step], faults: [String]) {
        self.rollout = rollout
        self.agrees = agrees
        self.steps = steps
        self.faults = faults
    }
}

/// `POST /api/v1/rollouts/{rollout}/approve-step` and `retract-step`
package struct StepApprovalRequest: Codable, Sendable {
    /// The step's share.
    package var percent: Int
    package var reason: String

    package init(percent: Int, reason: String) {
        self.percent = percent
        self.reason = reason
    }
}

/// `POST /api/v1/rollouts/{rollout}/smoke`
package struct SmokeResultRequest: Codable, Sendable {
    package var passed: Bool
    /// What was tested, and where the results are.
    package var reason: String

    package init(passed: Bool, reason: String) {
        self.passed = passed
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
    package var reason: String

    package init(percent: Int, reason: String) {
        self.percent = percent
        self.reason = reason
    }
}

/// `POST /api/v1/rollouts/{rollout}/resume`
package struct ResumeRolloutRequest: Codable, Sendable {
    package var reason: String

    package init(reason: String) {
        self.reason = reason
    }
}
