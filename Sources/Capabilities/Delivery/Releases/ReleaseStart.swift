// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// The checks and rows of a new release, in the transaction of one change.
struct ReleaseStart {
    let change: Change
    let versions: VersionDirectory

    func start(_ new: NewRelease) throws -> Release {
        let subject = new.subject
        try versions.require(subject.model, subject.version, change.workspace, change.transaction)
        let rules = try ReleaseRules(of: subject.endpoint, in: change.workspace, change.transaction)
        let isEmergency = try Emergencies.isEmergency(new.gateReport, in: change)
        if !isEmergency { try rules.requireThawed(at: change.time) }
        try rules.requireModel(of: subject)
        try rules.requireResidency(of: subject, versions, in: change)
        var plan = new.plan ?? rules.plan
        new.adjust(&plan)
        try plan.validate()
        try admit(new, rules, isEmergency: isEmergency)
        let id = change.newIdentifier()
        try makeWay(for: id, new)
        let stable = try stableRevision(of: subject.endpoint)
        guard stable.map({ $0.model != subject.model || $0.version != subject.version }) ?? true else {
            throw Problem(
                .conflict, "delivery.release.already-serving", "Endpoint '\(subject.endpoint)' already answers with this version.")
        }
        return try save(new, plan, id, stable)
    }

    private func admit(_ new: NewRelease, _ rules: ReleaseRules, isEmergency: Bool) throws {
        let report = try ReportCheck(change: change, versions: versions).admissible(new.gateReport, new.subject)
        let approval = try ApprovalTable(change).require(new.approval)
        try approval.permit(new.subject, report, at: change.time) { try Approvals.mayDecide($0, in: change) }
        if !isEmergency { try rules.requireConsent(approval, in: change) }
        let used = try ReleaseTable(transaction: change.transaction, workspace: change.workspace).find(approval: approval.id)
        if let used {
            throw Problem(
                .conflict, "delivery.approval.used", "Approval \(approval.id) was used for release \(used.id).",
                why: "An approval is for one release.", fix: "Ask for a new approval.")
        }
    }

    /// Ends the unfinished rollout that the release names, and refuses one that it does not.
    private func makeWay(for release: String, _ new: NewRelease) throws {
        let active = try RolloutTable(transaction: change.transaction, workspace: change.workspace).active(new.subject.endpoint)
        guard active?.id == new.supersededRollout else {
            if let active {
                throw Problem(
                    .conflict, "delivery.release.rollout-active",
                    "Rollout \(active.id) of endpoint '\(new.subject.endpoint)' is \(active.state.phase.rawValue).",
                    why: "An endpoint has one unfinished rollout at most.", fix: "Wait, abort it, or name it as superseded by this release."
                )
            }
            throw Problem(
                .conflict, "delivery.release.nothing-to-supersede", "The rollout named as superseded is not under way on this endpoint.",
                fix: "Look at the endpoint again, then leave the name out.")
        }
        if let active { try RolloutTransition(change: change, versions: versions).supersede(active, by: release) }
    }

    /// The one revision that has all traffic when no rollout is under way.
    private func stableRevision(of endpoint: String) throws -> Revision? {
        guard let split = try TrafficSplits(transaction: change.transaction).current(endpoint, in: change.workspace),
            let share = split.shares.first(where: { $0.percent == 100 })
        else { return nil }
        return try RevisionTable(transaction: change.transaction, workspace: change.workspace).require(endpoint, share.revision)
    }

    private func save(_ new: NewRelease, _ plan: RolloutPlan, _ id: String, _ stable: Revision?) throws -> Release {
        let subject = new.subject
        let revisions = RevisionTable(transaction: change.transaction, workspace: change.workspace)
        let releases = ReleaseTable(transaction: change.transaction, workspace: change.workspace)
        let number = try revisions.nextNumber(subject.endpoint)
        let isImmediate = stable == nil || plan.percents.count == 1
        let rollout = Rollout(
            id: change.newIdentifier(), release: id, endpoint: subject.endpoint, candidate: number, stable: stable?.number,
            state: RolloutState(
                plan: plan, phase: isImmediate ? .promoted : .progressing, step: 0, hasStable: stable != nil,
                deadline: change.time + .seconds(plan.maximumSeconds), position: RolloutPosition(stepBegan: change.time)),
            started: change.time)
        try revisions.insert(
            Revision(
                endpoint: subject.endpoint, number: number, model: subject.model, version: subject.version, release: id,
                created: change.time))
        try releases.insert(
            Release(
                id: id, subject: subject, revision: number, rollout: rollout.id, gateReport: new.gateReport, approval: new.approval,
                state: .started, createdBy: change.caller.principal.qualifiedName, created: change.time))
        var payload = subject.ledgerPayload
        payload["revision"] = .integer(Int64(number))
        payload["rollout"] = .string(rollout.id)
        payload["gateReport"] = .string(new.gateReport)
        payload["approval"] = .string(new.approval)
        payload["strategy"] = .string(plan.strategy.rawValue)
        payload["percents"] = .array(plan.percents.map { .integer(Int64($0)) })
        try change.record("release.started", on: "release/\(id)", payload)
        _ = try RolloutTransition(change: change, versions: versions).begin(rollout)
        let release = try releases.require(id)
        try Emergencies.open(for: release, in: change)
        return release
    }
}
