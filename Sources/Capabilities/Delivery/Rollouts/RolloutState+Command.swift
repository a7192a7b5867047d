// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What a person may ask of a rollout.
package enum RolloutCommand: Equatable, Sendable {
    /// The next step without waiting for evidence.
    case shift(toPercent: Int)
    case promote
    case rollBack(because: String)
    case pause(because: String)
    case resume
    case abort(because: String)
}

extension RolloutState {
    /// Whether and how a command is carried out; one that asks for what already is holds.
    ///
    /// - Parameter evidence: The last that was observed, if any.
    /// - Throws: `Problem` `.conflict` when the phase does not allow it, `.rejected` when the evidence speaks against it.
    package func answer(_ command: RolloutCommand, _ evidence: RolloutEvidence?) throws(Problem) -> RolloutDecision {
        switch command {
        case .shift(let percent): return try shift(to: percent, evidence)
        case .promote:
            if phase == .promoted { return .hold("The rollout is promoted already.") }
            guard phase.isActive else { throw over("promoted") }
            try refuseBreach(evidence)
            return .promote
        case .rollBack(let reason):
            guard percent > 0 else { return .hold("The candidate has no traffic.") }
            guard hasStable else {
                throw Problem(
                    .rejected, "delivery.rollout.no-stable", "There is no revision to go back to.",
                    why: "This was the first release of the endpoint.", fix: "Release another version.")
            }
            return .rollBack(because: reason)
        case .pause(let reason):
            if phase == .paused { return .hold("The rollout is paused already.") }
            guard phase == .progressing else { throw over("paused") }
            return .pause(because: reason)
        case .resume:
            if phase == .progressing { return .hold("The rollout is not paused.") }
            guard phase == .paused else { throw over("resumed") }
            return .resume
        case .abort(let reason):
            return phase.isActive ? .abort(because: reason) : .hold("Nothing is running.")
        }
    }

    private func shift(to percent: Int, _ evidence: RolloutEvidence?) throws(Problem) -> RolloutDecision {
        guard phase != .paused else {
            throw Problem(.conflict, "delivery.rollout.paused", "The rollout is paused.", fix: "Resume it, promote it or roll it back.")
        }
        guard phase == .progressing else { throw over("shifted") }
        if percent == self.percent { return .hold("The candidate has \(percent) % already.") }
        guard percent > self.percent, percent < 100, plan.percents.contains(percent) else {
            throw Problem(
                .rejected, "delivery.rollout.percent", "The rollout cannot be shifted to \(percent) %.",
                why:
                    "The candidate has \(self.percent) % and the plan's steps are \(plan.percents.map(String.init).joined(separator: ", ")) %.",
                fix: "Name a later step below 100, or promote.")
        }
        try refuseBreach(evidence)
        return .shift(toPercent: percent)
    }

    private func refuseBreach(_ evidence: RolloutEvidence?) throws(Problem) {
        guard let breach = evidence?.breach(of: plan) else { return }
        throw Problem(
            .rejected, "delivery.rollout.breached", "The evidence speaks against the candidate.", why: breach, fix: "Roll it back.")
    }

    private func over(_ participle: String) -> Problem {
        Problem(.conflict, "delivery.rollout.over", "The rollout can no longer be \(participle).", why: "It is \(phase.rawValue).")
    }
}
