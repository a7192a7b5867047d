// SPDX-License-Identifier: Apache-2.0

package import Domain
import Statistics

/// Where a rollout stands, and what follows from an event; pure, so that every state and event can be tested without a clock.
package struct RolloutState: Codable, Equatable, Sendable {
    package enum Phase: String, Codable, CaseIterable, Sendable {
        case progressing, paused, promoted
        case rolledBack = "rolled-back"
        case aborted, superseded

        /// Whether the traffic is shared between two revisions.
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

    package struct Labelled: Codable, Equatable, Sendable {
        package var candidate = 0
        package var stable = 0

        package init(candidate: Int = 0, stable: Int = 0) {
            self.candidate = candidate
            self.stable = stable
        }
    }

    package init(plan: RolloutPlan, phase: Phase, step: Int, hasStable: Bool, deadline: Timestamp) {
        self.plan = plan
        self.phase = phase
        self.step = step
        self.hasStable = hasStable
        self.deadline = deadline
    }

    /// The candidate's share of traffic now.
    package var percent: Int {
        switch phase {
        case .progressing, .paused: plan.percents[step]
        case .promoted: 100
        case .rolledBack, .aborted, .superseded: 0
        }
    }

    /// What the evidence asks for.
    ///
    /// A breach gives the traffic back in every phase in which the candidate has some, also after promotion, when labels come late.
    package func next(_ evidence: RolloutEvidence, at now: Timestamp) -> RolloutDecision {
        guard percent > 0 else { return .hold("The rollout is over.") }
        if let breach = evidence.breach(of: plan) {
            return hasStable ? .rollBack(because: breach) : .hold("There is no revision to go back to. \(breach)")
        }
        guard phase == .progressing else { return .hold(phase == .paused ? "The rollout is paused." : "The rollout is over.") }
        if let missing = missing(from: evidence) {
            return now < deadline ? .hold(missing) : .pause(because: "Inconclusive after the longest time the plan allows. \(missing)")
        }
        let percent = plan.percents[step + 1]
        guard percent == 100 else { return .shift(toPercent: percent) }
        guard !plan.requiresShownNotWorse || evidence.canary.safety.rejects(at: plan.alphaPerGuard) else {
            let missing = "The candidate is not yet shown to be less than \(evidence.canary.tolerance) times worse."
            return now < deadline ? .hold(missing) : .pause(because: "Inconclusive after the longest time the plan allows. \(missing)")
        }
        return .promote
    }

    /// What passing time alone asks for.
    package func next(at now: Timestamp) -> RolloutDecision {
        phase == .progressing && now >= deadline
            ? .pause(because: "Inconclusive: no sufficient evidence within the longest time the plan allows.")
            : .hold("The time is not over.")
    }

    /// What is still missing in this step; nil when there is enough.
    private func missing(from evidence: RolloutEvidence) -> String? {
        let start = stepStart ?? evidence.labelled
        let candidate = evidence.candidateLabelled - start.candidate
        let stable = evidence.stableLabelled - start.stable
        guard min(candidate, stable) < plan.minimumLabelled else { return nil }
        return "This step has \(candidate) labelled predictions of the candidate and \(stable) of the stable revision; "
            + "it needs \(plan.minimumLabelled) of each."
    }
}

/// What is to be done about a rollout.
package enum RolloutDecision: Codable, Equatable, Sendable {
    /// Nothing, and why.
    case hold(String)
    case shift(toPercent: Int)
    case promote
    case rollBack(because: String)
    case pause(because: String)
    case resume
    case abort(because: String)
}
