// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// Carries out a decision: the rollout's row, the traffic split, the revisions and the ledger entry, in the transaction of one change.
struct RolloutTransition {
    let change: Change
    let versions: VersionDirectory

    private var rollouts: RolloutTable { RolloutTable(transaction: change.transaction, workspace: change.workspace) }
    private var releases: ReleaseTable { ReleaseTable(transaction: change.transaction, workspace: change.workspace) }
    private var revisions: RevisionTable { RevisionTable(transaction: change.transaction, workspace: change.workspace) }

    /// - Parameter isObserved: Whether the decision follows from evidence just taken in, so that the rollout's evidence is of this moment.
    /// - Returns: The rollout as it is afterwards, already kept.
    func carryOut(_ decision: RolloutDecision, on rollout: Rollout, isObserved: Bool) throws -> Rollout {
        var after = rollout
        switch decision {
        case .hold:
            try rollouts.update(after)
        case .shift(let percent):
            guard let step = after.state.plan.percents.firstIndex(of: percent) else {
                preconditionFailure("A rollout shifts to a per cent of its plan.")
            }
            after.state.step = step
            after.state.stepStart = isObserved ? after.evidence?.labelled : nil
            try rollouts.update(after)
            try record("rollout.shifted", after, split: try split(after))
        case .promote:
            try promote(&after)
        case .rollBack(let reason):
            try giveBack(&after, .rolledBack, reason)
        case .abort(let reason):
            try giveBack(&after, .aborted, reason)
        case .pause(let reason):
            after.state.phase = .paused
            after.reason = reason
            try rollouts.update(after)
            try record("rollout.paused", after)
        case .resume:
            after.state.phase = .progressing
            after.state.deadline = change.time + .seconds(after.state.plan.maximumSeconds)
            after.reason = nil
            try rollouts.update(after)
            try record("rollout.resumed", after)
        }
        return after
    }

    /// Ends an unfinished rollout because a newer release takes its place.
    func supersede(_ rollout: Rollout, by release: String) throws {
        var after = rollout
        try giveBack(&after, .superseded, "Release \(release) took its place.")
    }

    /// The first split of a rollout, and the ledger entry about it.
    func begin(_ rollout: Rollout) throws -> Rollout {
        try rollouts.insert(rollout)
        var after = rollout
        if rollout.state.phase == .promoted {
            try promote(&after)
        } else {
            try record("rollout.shifted", after, split: try split(after))
        }
        return after
    }

    private func promote(_ after: inout Rollout) throws {
        after.state.phase = .promoted
        after.state.step = after.state.plan.percents.count - 1
        after.finished = change.time
        after.reason = nil
        try rollouts.update(after)
        if let stable = after.stable { try revisions.retire(after.endpoint, stable, at: change.time) }
        try releases.finish(after.release, as: .completed, at: change.time)
        let candidate = try revisions.require(after.endpoint, after.candidate)
        try record("rollout.promoted", after, split: try split(after))
        try change.record("release.completed", on: "release/\(after.release)", subject(candidate).ledgerPayload)
        try versions.crown(candidate.model, candidate.version, change)
    }

    /// All traffic goes back to the stable revision, also after promotion.
    private func giveBack(_ after: inout Rollout, _ phase: RolloutState.Phase, _ reason: String) throws {
        guard let number = after.stable else { preconditionFailure("Traffic goes back only where there is a stable revision.") }
        let wasPromoted = after.state.phase == .promoted
        after.state.phase = phase
        after.finished = change.time
        after.reason = reason
        try rollouts.update(after)
        try revisions.retire(after.endpoint, after.candidate, at: change.time)
        try revisions.retire(after.endpoint, number, at: nil)
        try releases.finish(after.release, as: .failed, at: change.time)
        let candidate = try revisions.require(after.endpoint, after.candidate)
        try record("rollout.\(phase.rawValue)", after, split: try split(after))
        try change.record("release.failed", on: "release/\(after.release)", subject(candidate).ledgerPayload)
        guard wasPromoted else { return }
        let stable = try revisions.require(after.endpoint, number)
        if stable.model == candidate.model { try versions.crown(stable.model, stable.version, change) }
    }

    private func split(_ rollout: Rollout) throws -> TrafficSplit {
        let percent = rollout.state.percent
        var shares = [TrafficSplit.Share(revision: rollout.candidate, percent: percent)]
        if let stable = rollout.stable { shares.append(TrafficSplit.Share(revision: stable, percent: 100 - percent)) }
        return try TrafficSplits(transaction: change.transaction).replace(
            rollout.endpoint, in: change.workspace, with: shares.filter { $0.percent > 0 }, salt: rollout.id, at: change.time)
    }

    private func subject(_ revision: Revision) -> ReleaseSubject {
        ReleaseSubject(endpoint: revision.endpoint, model: revision.model, version: revision.version)
    }

    /// People's reasons stand in the ledger by their digest, the platform's own in words.
    private func record(_ verb: String, _ rollout: Rollout, split: TrafficSplit? = nil) throws {
        var payload: [String: JSONValue] = [
            "endpoint": .string(rollout.endpoint), "release": .string(rollout.release), "candidate": .integer(Int64(rollout.candidate)),
            "stable": rollout.stable.map { .integer(Int64($0)) } ?? .null, "percent": .integer(Int64(rollout.state.percent)),
        ]
        if let split { payload["splitVersion"] = .integer(Int64(split.version)) }
        if let evidence = rollout.evidence { payload["evidence"] = evidence.ledgerPayload(rollout.state.plan) }
        if let reason = rollout.reason {
            if change.caller.principal.kind == .system {
                payload["reason"] = .string(reason)
            } else {
                payload["reasonDigest"] = .string(TextDigest.of(reason))
            }
        }
        try change.record(verb, on: "rollout/\(rollout.id)", payload)
    }
}
