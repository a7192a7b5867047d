// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Governance

/// What a person may ask of a rollout.
package enum RolloutCommand: Codable, Equatable, Sendable {
    /// The next step without waiting for evidence.
    case shift(toPercent: Int)
    case promote
    case rollBack(because: String)
    case pause(because: String)
    case resume
    case abort(because: String)
    /// Yes to a step that the plan asks people about; `name` without its kind, `roles` as they are now.
    case approve(percent: Int, name: String, roles: Set<Role>)
    case retract(percent: Int, name: String)
    /// How the smoke tests at the preview ended.
    case smoke(passed: Bool, by: String, note: String)
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
            try refuseUnapproved(100)
            return .promote
        case .rollBack(let reason):
            guard isLive else { return .hold("The candidate has no traffic.") }
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
        case .approve(let percent, let name, let roles): return try approve(percent, name, roles)
        case .retract(let percent, let name):
            guard phase.isActive else { throw over("changed") }
            guard position.approved.contains(where: { $0.percent == percent && $0.by == name }) else {
                throw Problem(
                    .conflict, "delivery.rollout.step-not-approved", "You have not said yes to the step to \(percent) %.",
                    fix: "Pause the rollout, or abort it: one person can stop it at any time.")
            }
            return .retractStep(percent: percent, by: name)
        case .smoke(let passed, let name, let note):
            guard phase.isActive, percent == 0, plan.strategy == .blueGreen else {
                throw Problem(
                    .conflict, "delivery.rollout.no-preview", "The rollout has no preview whose tests could be reported.",
                    why: phase.isActive ? "Its strategy is \(plan.strategy.rawValue)." : "It is \(phase.rawValue).")
            }
            return passed ? .noteSmoke(by: name, note: note) : .rollBack(because: "The smoke tests failed: \(note)")
        }
    }

    private func approve(_ percent: Int, _ name: String, _ roles: Set<Role>) throws(Problem) -> RolloutDecision {
        guard phase.isActive else { throw over("approved") }
        guard let approval = plan.stepApprovals.first(where: { $0.beforePercent == percent }) else {
            throw Problem(
                .rejected, "delivery.rollout.step-approval-unknown", "The plan asks nobody about the step to \(percent) %.",
                why: "It asks about: \(plan.stepApprovals.map { "\($0.beforePercent) %" }.joined(separator: ", ")).")
        }
        guard approval.names(name, holding: roles) else {
            throw Problem(
                .forbidden, "delivery.rollout.not-asked", "You are not among those who are asked about the step to \(percent) %.",
                why: "The plan asks \(approval.asked).", fix: "Ask one of them.")
        }
        if position.approved.contains(where: { $0.percent == percent }) { return .hold("The step is approved already.") }
        return .approveStep(percent: percent, by: name)
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
        try refuseUnapproved(percent)
        return .shift(toPercent: percent)
    }

    private func refuseBreach(_ evidence: RolloutEvidence?) throws(Problem) {
        guard let breach = breach(evidence) else { return }
        throw Problem(
            .rejected, "delivery.rollout.breached", "The evidence speaks against the candidate.", why: breach, fix: "Roll it back.")
    }

    private func refuseUnapproved(_ percent: Int) throws(Problem) {
        guard let approval = unapproved(upTo: percent) else { return }
        throw Problem(
            .rejected, "delivery.rollout.step-unapproved", "The step to \(approval.beforePercent) % is not approved.",
            why: "The plan asks \(approval.asked).",
            fix: "One of them says yes: dhow release approve-step ROLLOUT \(approval.beforePercent).")
    }

    private func over(_ participle: String) -> Problem {
        Problem(.conflict, "delivery.rollout.over", "The rollout can no longer be \(participle).", why: "It is \(phase.rawValue).")
    }
}
