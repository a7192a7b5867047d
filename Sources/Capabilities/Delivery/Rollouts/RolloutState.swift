// SPDX-License-Identifier: Apache-2.0

package import Domain
import Statistics

/// Where a rollout stands, and what follows from an event; pure, so that every state and event can be tested without a clock.
package struct RolloutState: Codable, Equatable, Sendable {
    package enum Phase: String, Codable, CaseIterable, Sendable {
        case progressing, paused, promoted
        case rolledBack = "rolled-back"
        case aborted, superseded

        /// Whether the candidate is on trial beside the stable revision.
        package var isActive: Bool { self == .progressing || self == .paused }
    }

    package var plan: RolloutPlan
    package var phase: Phase
    /// Index into the plan's per cents.
    package var step: Int
    /// Whether there is a revision to go back to; the first release of an endpoint has none.
    package var hasStable: Bool
    package var deadline: Timestamp
    /// Labelled predictions there were when the step began; nil until the first evidence after a step that did not follow from evidence.
    package var stepStart: Labelled? = Labelled()
    package var position: RolloutPosition

    package struct Labelled: Codable, Equatable, Sendable {
        package var candidate = 0
        package var stable = 0

        package init(candidate: Int = 0, stable: Int = 0) {
            self.candidate = candidate
            self.stable = stable
        }
    }

    package init(
        plan: RolloutPlan, phase: Phase, step: Int, hasStable: Bool, deadline: Timestamp, position: RolloutPosition = RolloutPosition()
    ) {
        self.plan = plan
        self.phase = phase
        self.step = step
        self.hasStable = hasStable
        self.deadline = deadline
        self.position = position
    }

    /// The candidate's share of traffic now.
    package var percent: Int {
        switch phase {
        case .progressing, .paused: plan.percents[step]
        case .promoted: 100
        case .rolledBack, .aborted, .superseded: 0
        }
    }

    /// The share of the step that comes next; nil when there is none.
    package var nextPercent: Int? {
        phase.isActive && step + 1 < plan.percents.count ? plan.percents[step + 1] : nil
    }

    /// Whether a rollback would still take something from the candidate.
    var isLive: Bool { phase.isActive || phase == .promoted }

    /// What the evidence asks for.
    ///
    /// A breach gives the traffic back in every phase in which the candidate has some, also after promotion, when labels come late.
    package func next(_ evidence: RolloutEvidence, at now: Timestamp) -> RolloutDecision {
        guard isLive else { return .hold("The rollout is over.") }
        if let breach = breach(evidence) {
            return hasStable ? .rollBack(because: breach) : .hold("There is no revision to go back to. \(breach)")
        }
        guard phase == .progressing else { return .hold(phase == .paused ? "The rollout is paused." : "The rollout is over.") }
        if let missing = missing(from: evidence, at: now) {
            return now < deadline ? .hold(missing) : .pause(because: "Inconclusive after the longest time the plan allows. \(missing)")
        }
        let percent = plan.percents[step + 1]
        return percent == 100 ? .promote : .shift(toPercent: percent)
    }

    /// What passing time alone asks for.
    package func next(at now: Timestamp) -> RolloutDecision {
        phase == .progressing && now >= deadline
            ? .pause(because: "Inconclusive: no sufficient evidence within the longest time the plan allows.")
            : .hold("The time is not over.")
    }

    /// Why the candidate must go back; nil without a breach.
    package func breach(_ evidence: RolloutEvidence?) -> String? {
        if let breach = evidence?.breach(of: plan) { return breach }
        for rule in plan.guards {
            if let track = position.guards[rule.name], track.failures >= rule.failures {
                return "Guard '\(rule.name)' failed \(track.failures) times one after the other, last: \(track.last.note)."
            }
        }
        return nil
    }

    /// What is still missing in this step; nil when there is enough.
    package func missing(from evidence: RolloutEvidence, at now: Timestamp) -> String? {
        if let wait = bakesUntil, now < wait {
            let seconds = ((wait - now).milliseconds + 999) / 1000
            return "This step takes \(plan.bakeSeconds) seconds; \(seconds) are left."
        }
        return (percent == 0 ? missingWithoutTraffic(evidence) : missingWithTraffic(evidence)) ?? shifted(evidence) ?? missingMeasure(
            evidence)
            ?? missingGuard(at: now)
            ?? missingApproval ?? missingSafety(evidence)
    }

    /// When the present step's time is over; nil where it takes none.
    package var bakesUntil: Timestamp? {
        phase.isActive && plan.bakeSeconds > 0 ? position.stepBegan + .seconds(plan.bakeSeconds) : nil
    }

    private func missingWithoutTraffic(_ evidence: RolloutEvidence) -> String? {
        switch plan.strategy {
        case .canary: return nil
        case .blueGreen: return position.smoke == nil ? "The preview waits for the result of its smoke tests." : nil
        case .shadow:
            let pairs = evidence.pairs?.pairCount ?? 0
            return pairs < plan.minimumPairs ? "The shadow has answered \(pairs) of the \(plan.minimumPairs) requests it needs." : nil
        }
    }

    private func missingWithTraffic(_ evidence: RolloutEvidence) -> String? {
        let start = stepStart ?? evidence.labelled
        let candidate = evidence.candidateLabelled - start.candidate
        let stable = evidence.stableLabelled - start.stable
        if min(candidate, stable) < plan.minimumLabelled {
            return "This step has \(candidate) labelled predictions of the candidate and \(stable) of the stable revision; "
                + "it needs \(plan.minimumLabelled) of each."
        }
        let predictions = evidence.candidatePredictions - (position.stepPredictions ?? evidence.candidatePredictions)
        if evidence.isStableInvalid(plan) {
            return "The stable revision gives invalid answers too, so nothing can be said about the candidate."
        }
        guard predictions < plan.minimumPredictions else { return nil }
        return "This step has \(predictions) predictions of the candidate; it needs \(plan.minimumPredictions)."
    }

    /// Other scores need not be worse ones; a person says.
    private func shifted(_ evidence: RolloutEvidence) -> String? {
        guard let limit = plan.scoreShift, let shift = evidence.scores?.shift, shift > limit else { return nil }
        return
            "The candidate's scores lie elsewhere than the stable revision's: stability index \((shift * 1000).rounded() / 1000) beyond noise, "
            + "at most \(limit) is expected. A person must look."
    }

    /// What guards on latency and saturation still wait for; one without evidence is inconclusive.
    private func missingMeasure(_ evidence: RolloutEvidence) -> String? {
        if let rule = plan.latency {
            let latency = evidence.latency ?? LatencyEvidence(limits: rule.limits)
            if let missing = latency.missing(rule, percent: percent) { return missing }
        }
        return plan.saturation.flatMap { (evidence.loads ?? LoadEvidence([])).saturation($0, percent: percent) }
    }

    /// A guard that was not read lately is as good as unread.
    private func missingGuard(at now: Timestamp) -> String? {
        for rule in plan.guards {
            guard let track = position.guards[rule.name] else { return "Guard '\(rule.name)' has not been read." }
            guard track.last.outcome == .passed else {
                return "Guard '\(rule.name)' is \(track.last.outcome.rawValue): \(track.last.note)."
            }
            guard now < track.last.time + .seconds(3 * rule.intervalSeconds) else {
                return "Guard '\(rule.name)' was not read in the last \(3 * rule.intervalSeconds) seconds."
            }
        }
        return nil
    }

    private var missingApproval: String? {
        guard let percent = nextPercent, let approval = unapproved(upTo: percent) else { return nil }
        return "The step to \(approval.beforePercent) % waits for a yes of \(approval.asked)."
    }

    /// The first step approval that is missing on the way to a share.
    func unapproved(upTo percent: Int) -> StepApproval? {
        plan.stepApprovals.sorted { $0.beforePercent < $1.beforePercent }.first { approval in
            approval.beforePercent <= percent && approval.beforePercent > plan.percents[step]
                && !position.approved.contains { $0.percent == approval.beforePercent }
        }
    }

    private func missingSafety(_ evidence: RolloutEvidence) -> String? {
        guard plan.requiresShownNotWorse, nextPercent == 100, percent > 0, !evidence.canary.safety.rejects(at: plan.alphaPerGuard) else {
            return nil
        }
        return "The candidate is not yet shown to be less than \(evidence.canary.tolerance) times worse."
    }
}
