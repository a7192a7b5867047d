// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// Decides about an event and carries the decision out: the rollout's row, its record, the traffic split, the revisions and the ledger
/// entry, in the transaction of one change.
struct RolloutTransition {
    let change: Change
    let versions: VersionDirectory

    private var rollouts: RolloutTable { RolloutTable(transaction: change.transaction, workspace: change.workspace) }
    private var releases: ReleaseTable { ReleaseTable(transaction: change.transaction, workspace: change.workspace) }
    private var revisions: RevisionTable { RevisionTable(transaction: change.transaction, workspace: change.workspace) }

    /// - Parameter rollout: As it is, with what the event brought already taken in.
    /// - Returns: The rollout as it is afterwards, already kept.
    /// - Throws: `Problem` when a person asks for what cannot be.
    func perform(_ event: RolloutEvent, on rollout: Rollout, because reason: String? = nil) throws -> RolloutObservation {
        let rules = try ReleaseRules(of: rollout.endpoint, in: change.workspace, change.transaction)
        let isCommanded = if case .commanded = event { true } else { false }
        // A candidate that cannot be loaded any more waits for a person as one in a freeze does.
        let frozen = try rules.frozen(at: change.time) ?? (isCommanded ? nil : whyUnsound(rollout))
        let decision = try rollout.state.decide(event, frozen: frozen, at: change.time)
        if case .hold = decision {
            try rollouts.update(rollout)
            return RolloutObservation(rollout: rollout, decision: decision)
        }
        if case .rollBack = decision, try rollouts.latestID(rollout.endpoint) != rollout.id {
            throw Problem(
                .conflict, "delivery.rollout.not-latest", "Rollout \(rollout.id) cannot be rolled back.",
                why: "Endpoint '\(rollout.endpoint)' has had a newer release.", fix: "Roll back the newer release first.")
        }
        if decision.isAdvance { try requireSound(rollout) }
        var after = rollout
        after.state = rollout.state.after(decision, following: event.freshEvidence, at: change.time)
        after.reason = Self.reason(of: decision) ?? (decision == .promote ? reason : nil)
        if rollout.state.phase != after.state.phase, !after.state.phase.isActive { after.finished = change.time }
        try rollouts.update(after)
        let record = RolloutRecord(
            number: try RolloutRecordTable(transaction: change.transaction, workspace: change.workspace).nextNumber(rollout.id),
            time: change.time, event: event, frozen: frozen, before: rollout.state, decision: decision, after: after.state,
            reason: reason)
        try keep(record, after, previous: rollout)
        return RolloutObservation(rollout: after, decision: decision)
    }

    /// Ends an unfinished rollout because a newer release takes its place.
    func supersede(_ rollout: Rollout, by release: String) throws {
        _ = try perform(.superseded(by: release), on: rollout)
    }

    /// The first split of a rollout, and the ledger entry about it.
    func begin(_ rollout: Rollout) throws -> Rollout {
        var rollout = rollout
        if rollout.state.phase == .promoted {
            rollout.state.step = rollout.state.plan.percents.count - 1
            rollout.finished = change.time
        }
        try rollouts.insert(rollout)
        if rollout.state.phase == .promoted {
            try promote(rollout, nil)
        } else {
            try record("rollout.shifted", rollout, split: try split(rollout))
        }
        return rollout
    }

    private func keep(_ record: RolloutRecord, _ after: Rollout, previous: Rollout) throws {
        switch record.decision {
        case .hold: preconditionFailure("What holds is not kept.")
        case .shift: try self.record("rollout.shifted", after, split: try split(after), record)
        case .letGo: try letGo(after, record)
        case .promote: try promote(after, record)
        case .rollBack, .abort, .supersede:
            try giveBack(after, wasPromoted: previous.state.phase == .promoted, record)
        case .pause: try self.record("rollout.paused", after, split: nil, record)
        case .resume: try self.record("rollout.resumed", after, split: nil, record)
        case .approveStep: try self.record("rollout.step-approved", after, split: nil, record)
        case .retractStep: try self.record("rollout.step-retracted", after, split: nil, record)
        case .noteSmoke: try self.record("rollout.smoke-passed", after, split: nil, record)
        }
    }

    private func promote(_ after: Rollout, _ record: RolloutRecord?) throws {
        if let stable = after.stable, after.state.position.warmUntil == nil {
            try revisions.retire(after.endpoint, stable, at: change.time)
        }
        try releases.finish(after.release, as: .completed, at: change.time)
        let candidate = try revisions.require(after.endpoint, after.candidate)
        try self.record("rollout.promoted", after, split: try split(after), record)
        try change.record("release.completed", on: "release/\(after.release)", subject(candidate).ledgerPayload)
        try versions.crown(candidate.model, candidate.version, change)
    }

    private func letGo(_ after: Rollout, _ record: RolloutRecord) throws {
        if let stable = after.stable { try revisions.retire(after.endpoint, stable, at: change.time) }
        // A newer release has its own split.
        let isLatest = try rollouts.latestID(after.endpoint) == after.id
        try self.record("rollout.let-go", after, split: isLatest ? try split(after) : nil, record)
    }

    /// All traffic goes back to the stable revision, also after promotion.
    private func giveBack(_ after: Rollout, wasPromoted: Bool, _ record: RolloutRecord) throws {
        guard let number = after.stable else { preconditionFailure("Traffic goes back only where there is a stable revision.") }
        try revisions.retire(after.endpoint, after.candidate, at: change.time)
        try revisions.retire(after.endpoint, number, at: nil)
        try releases.finish(after.release, as: .failed, at: change.time)
        let candidate = try revisions.require(after.endpoint, after.candidate)
        try self.record("rollout.\(after.state.phase.rawValue)", after, split: try split(after), record)
        try change.record("release.failed", on: "release/\(after.release)", subject(candidate).ledgerPayload)
        guard wasPromoted else { return }
        let stable = try revisions.require(after.endpoint, number)
        if stable.model == candidate.model { try versions.crown(stable.model, stable.version, change) }
    }

    private func whyUnsound(_ rollout: Rollout) throws -> String? {
        do {
            try requireSound(rollout)
            return nil
        } catch let problem as Problem where problem.kind == .notFound {
            return problem.what
        }
    }

    /// A version that was deleted while its rollout ran gets no more traffic.
    private func requireSound(_ rollout: Rollout) throws {
        let candidate = try revisions.require(rollout.endpoint, rollout.candidate)
        try versions.require(candidate.model, candidate.version, change.workspace, change.transaction)
        if let fault = try versions.fault(of: candidate.model, candidate.version, change.workspace, change.transaction) {
            throw Problem(.notFound, "delivery.version.unsound", fault, fix: "End the rollout, and register the version again.")
        }
    }

    private func split(_ rollout: Rollout) throws -> TrafficSplit {
        try TrafficSplits(transaction: change.transaction).replace(
            rollout.endpoint, in: change.workspace, with: rollout.state.shares(candidate: rollout.candidate, stable: rollout.stable),
            salt: rollout.id, at: change.time)
    }

    private func subject(_ revision: Revision) -> ReleaseSubject {
        ReleaseSubject(endpoint: revision.endpoint, model: revision.model, version: revision.version)
    }

    private static func reason(of decision: RolloutDecision) -> String? {
        switch decision {
        case .rollBack(let reason), .abort(let reason), .pause(let reason): reason
        case .supersede(let release): "Release \(release) took its place."
        case .retractStep(let percent, let name): "\(name) took back the yes to the step to \(percent) %."
        default: nil
        }
    }

    /// People's reasons stand in the ledger by their digest, the platform's own in words.
    private func record(_ verb: String, _ rollout: Rollout, split: TrafficSplit? = nil, _ record: RolloutRecord? = nil) throws {
        var payload: [String: JSONValue] = [
            "endpoint": .string(rollout.endpoint), "release": .string(rollout.release), "candidate": .integer(Int64(rollout.candidate)),
            "stable": rollout.stable.map { .integer(Int64($0)) } ?? .null, "percent": .integer(Int64(rollout.state.percent)),
        ]
        if let split { payload["splitVersion"] = .integer(Int64(split.version)) }
        if let evidence = rollout.evidence { payload["evidence"] = evidence.ledgerPayload(rollout.state.plan) }
        if let reason = rollout.reason ?? record?.reason {
            if change.caller.principal.kind == .system {
                payload["reason"] = .string(reason)
            } else {
                payload["reasonDigest"] = .string(TextDigest.of(reason))
            }
        }
        guard let record else {
            try change.record(verb, on: "rollout/\(rollout.id)", payload)
            return
        }
        let text = try DocumentText.encode(record)
        payload["record"] = .integer(Int64(record.number))
        payload[Self.recordDigest] = .string(TextDigest.of(text))
        let entry = try change.record(verb, on: "rollout/\(rollout.id)", payload)
        try RolloutRecordTable(transaction: change.transaction, workspace: change.workspace).insert(
            text, number: record.number, of: rollout.id, entry: entry)
    }

    static let recordDigest = "recordDigest"
}
