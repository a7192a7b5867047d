// SPDX-License-Identifier: Apache-2.0

package import Domain

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
    /// Somebody said yes to a step, or took it back.
    case approveStep(percent: Int, by: String)
    case retractStep(percent: Int, by: String)
    case noteSmoke(by: String, note: String)
    /// The replaced revision need not stay loaded any longer.
    case letGo
    case supersede(by: String)

    /// One word for people and programs.
    package var name: String {
        switch self {
        case .hold: "hold"
        case .shift: "shift"
        case .promote: "promote"
        case .rollBack: "roll-back"
        case .pause: "pause"
        case .resume: "resume"
        case .abort: "abort"
        case .approveStep: "approve-step"
        case .retractStep: "retract-step"
        case .noteSmoke: "smoke-passed"
        case .letGo: "let-go"
        case .supersede: "supersede"
        }
    }

    /// Whether it gives a candidate traffic that it does not have.
    package var isAdvance: Bool {
        switch self {
        case .shift, .promote: true
        default: false
        }
    }

    /// What becomes of it while nothing may be released: the platform's own step is put off, a person's refused. Giving traffic back
    /// is never held up.
    ///
    /// - Parameter frozen: Why nothing may be released; nil when it may.
    package func under(_ frozen: String?) -> RolloutDecision {
        guard let frozen, isAdvance else { return self }
        return .pause(because: frozen)
    }
}

extension RolloutState {
    /// The state after a decision; every pair has one.
    ///
    /// - Parameter evidence: What the decision followed from, if it followed from evidence just taken in.
    package func after(_ decision: RolloutDecision, following evidence: RolloutEvidence?, at now: Timestamp) -> RolloutState {
        var after = self
        switch decision {
        case .hold: break
        case .shift(let percent):
            guard let step = plan.percents.firstIndex(of: percent) else {
                preconditionFailure("A rollout shifts to a per cent of its plan.")
            }
            after.step = step
            after.stepStart = evidence?.labelled
            after.position.stepBegan = now
            after.position.stepPredictions = evidence?.candidatePredictions
        case .promote:
            after.phase = .promoted
            after.step = plan.percents.count - 1
            if hasStable, plan.keepWarmSeconds > 0 { after.position.warmUntil = now + .seconds(plan.keepWarmSeconds) }
        case .rollBack: after.end(as: .rolledBack)
        case .abort: after.end(as: .aborted)
        case .supersede: after.end(as: .superseded)
        case .pause: after.phase = .paused
        case .resume:
            after.phase = .progressing
            after.deadline = now + .seconds(plan.maximumSeconds)
            after.position.stepBegan = now
        case .approveStep(let percent, let name):
            after.position.approved.append(RolloutPosition.ApprovedStep(percent: percent, by: name))
        case .retractStep(let percent, let name):
            after.position.approved.removeAll { $0.percent == percent && $0.by == name }
            // What has begun on the strength of it waits for a person.
            if phase == .progressing, percent <= self.percent { after.phase = .paused }
        case .noteSmoke(let name, let note):
            after.position.smoke = RolloutPosition.SmokeResult(by: name, note: note)
        case .letGo: after.position.warmUntil = nil
        }
        return after
    }

    private mutating func end(as phase: Phase) {
        self.phase = phase
        position.warmUntil = nil
    }

    /// The traffic split that belongs to the state. A revision that is only kept loaded has a share of 0.
    package func shares(candidate: Int, stable: Int?) -> [TrafficSplit.Share] {
        guard let stable else { return [TrafficSplit.Share(revision: candidate, percent: 100)] }
        let isPreviewed = phase.isActive && plan.strategy != .canary
        let shares = [
            TrafficSplit.Share(revision: candidate, percent: percent), TrafficSplit.Share(revision: stable, percent: 100 - percent),
        ]
        return shares.filter { share in
            share.percent > 0 || (share.revision == candidate ? isPreviewed : position.warmUntil != nil)
        }
    }
}
