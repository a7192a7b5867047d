// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What can happen to a rollout.
package enum RolloutEvent: Codable, Equatable, Sendable {
    /// Evidence that is not older than what was known has been taken in.
    case observed(RolloutEvidence)
    /// Time passed, or guards were read; `evidence` is the last that is known.
    case timePassed(evidence: RolloutEvidence?)
    case commanded(RolloutCommand, evidence: RolloutEvidence? = nil)
    /// A newer release takes its place.
    case superseded(by: String)

    /// What the decision rests on, if it is fresh.
    var freshEvidence: RolloutEvidence? {
        if case .observed(let evidence) = self { return evidence }
        return nil
    }
}

extension RolloutState {
    /// Remembers where a step began that did not follow from evidence.
    package mutating func takeIn(_ evidence: RolloutEvidence) {
        if stepStart == nil { stepStart = evidence.labelled }
        if position.stepPredictions == nil { position.stepPredictions = evidence.candidatePredictions }
    }

    /// What follows from an event; pure and total.
    ///
    /// - Parameter frozen: Why nothing may be released into the endpoint's environment; nil when it may.
    /// - Throws: `Problem` when a person asks for what cannot be.
    package func decide(_ event: RolloutEvent, frozen: String?, at now: Timestamp) throws(Problem) -> RolloutDecision {
        switch event {
        case .observed(let evidence): return next(evidence, at: now).under(frozen)
        case .timePassed(let evidence):
            if let warm = position.warmUntil, phase == .promoted, now >= warm { return .letGo }
            if let evidence { return next(evidence, at: now).under(frozen) }
            let decision = next(RolloutEvidence(), at: now).under(frozen)
            // Before the first evidence the time's own words are clearer.
            if case .pause = decision, now >= deadline { return next(at: now) }
            return decision
        case .commanded(let command, let evidence):
            let decision = try answer(command, evidence)
            if let frozen, decision.isAdvance || decision == .resume {
                throw Problem(
                    .rejected, "delivery.environment.frozen", "Nothing is released into this environment now.", why: frozen,
                    fix: "Wait, or ask who froze it: dhow environment list.")
            }
            return decision
        case .superseded(let release): return phase.isActive ? .supersede(by: release) : .hold("The rollout is over.")
        }
    }
}
