// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Moves traffic between two revisions, on evidence or on a person's word.
package struct Rollouts: Sendable {
    package static let maximumReason = 2000

    let governor: Governor
    private let versions: VersionDirectory

    package init(governor: Governor, versions: VersionDirectory) {
        self.governor = governor
        self.versions = versions
    }

    /// Takes in evidence and does what follows from it, in one transaction. Evidence older than what is known changes nothing.
    package func observe(_ id: String, _ evidence: RolloutEvidence, by caller: Caller) async throws -> RolloutObservation {
        try evidence.validate()
        return try await change(id, under: .rolloutControl, by: caller) { rollout, _ in
            if let known = rollout.evidence, evidence.isOlder(than: known) { return nil }
            rollout.evidence = evidence
            rollout.state.takeIn(evidence)
            return .observed(evidence)
        }
    }

    /// Takes in what guards outside said, and does what follows.
    package func note(_ readings: [GuardReading], of id: String, by caller: Caller) async throws -> RolloutObservation {
        try await change(id, under: .rolloutControl, by: caller) { rollout, change in
            // Of two controllers that asked at the same time, one is heard.
            let due = Set(rollout.state.guardsDue(at: change.time).map(\.name))
            for reading in readings where due.contains(reading.guardName) { rollout.state.position.note(reading) }
            return .timePassed(evidence: rollout.evidence)
        }
    }

    /// Does what passing time asks for in every rollout of all workspaces: next steps whose time has come, pauses of those without a
    /// decision in time, and letting go of revisions that were kept warm.
    ///
    /// - Returns: The errors of single rollouts, which do not hold up the others.
    @discardableResult
    package func passTime() async throws -> [any Error] {
        let now = governor.clock.now()
        let due = try await governor.database.read { transaction in
            try RolloutTable.waiting(at: now, in: transaction).filter { workspace, rollout in
                let frozen = try ReleaseRules(of: rollout.endpoint, in: workspace, transaction).frozen(at: now)
                let event = RolloutEvent.timePassed(evidence: rollout.evidence)
                if frozen != nil, rollout.state.phase == .progressing { return true }
                if case .hold = try rollout.state.decide(event, frozen: frozen, at: now) { return false }
                return true
            }
        }
        var errors = try await abortUnsound()
        for (workspace, rollout) in due {
            do {
                _ = try await change(rollout.id, under: .rolloutControl, by: .controller("rollouts", in: workspace)) { rollout, change in
                    let rules = try ReleaseRules(of: rollout.endpoint, in: workspace, change.transaction)
                    // A freeze window that has begun stops what is under way, not only its next step.
                    if let frozen = rules.frozen(at: change.time), rollout.state.phase == .progressing {
                        return .commanded(.pause(because: frozen))
                    }
                    return .timePassed(evidence: rollout.evidence)
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                errors.append(error)
            }
        }
        return errors
    }

    /// Ends rollouts whose version was deleted, or is no longer what was signed: a server that starts anew could not answer with it, so
    /// it gets no more requests, whatever a person decides about the release.
    private func abortUnsound() async throws -> [any Error] {
        let versions = versions
        @Sendable func fault(_ rollout: Rollout, _ workspace: String, _ transaction: any Transaction) throws -> String? {
            let revision = try RevisionTable(transaction: transaction, workspace: workspace).require(rollout.endpoint, rollout.candidate)
            return try versions.fault(of: revision.model, revision.version, workspace, transaction)
        }
        let unsound = try await governor.database.read { transaction in
            try RolloutTable.active(in: transaction).filter { try fault($0.rollout, $0.workspace, transaction) != nil }
        }
        var errors: [any Error] = []
        for (workspace, rollout) in unsound {
            do {
                _ = try await change(rollout.id, under: .rolloutControl, by: .controller("rollouts", in: workspace)) { rollout, change in
                    guard rollout.state.phase.isActive, let why = try fault(rollout, workspace, change.transaction) else { return nil }
                    return .commanded(.abort(because: why))
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                errors.append(error)
            }
        }
        return errors
    }

    /// Unfinished rollouts of all workspaces, for those who gather evidence.
    package func active() async throws -> [(workspace: String, rollout: Rollout)] {
        try await governor.database.read { try RolloutTable.active(in: $0) }
    }

    /// Goes to a later step at once, without waiting for evidence; repeating it changes nothing.
    package func shift(_ id: String, toPercent percent: Int, because reason: String, by caller: Caller) async throws -> Rollout {
        try await command(id, .shift(toPercent: percent), because: reason, by: caller)
    }

    /// Gives the candidate all traffic without waiting for evidence, unless what there is speaks against it.
    package func promote(_ id: String, because reason: String, by caller: Caller) async throws -> Rollout {
        try await command(id, .promote, because: reason, by: caller)
    }

    /// Gives the stable revision all traffic in one write; also after promotion, while no newer release of the endpoint exists.
    package func rollBack(_ id: String, because reason: String, by caller: Caller) async throws -> Rollout {
        try await command(id, .rollBack(because: reason), because: reason, by: caller)
    }

    package func pause(_ id: String, because reason: String, by caller: Caller) async throws -> Rollout {
        try await command(id, .pause(because: reason), because: reason, by: caller)
    }

    /// The plan's longest time, and the step's least, begin anew.
    package func resume(_ id: String, because reason: String, by caller: Caller) async throws -> Rollout {
        try await command(id, .resume, because: reason, by: caller)
    }

    /// Ends a rollout and gives the stable revision all traffic; with nothing running, nothing happens.
    package func abort(_ id: String, because reason: String, by caller: Caller) async throws -> Rollout {
        try await command(id, .abort(because: reason), because: reason, by: caller)
    }

    /// Says how the smoke tests at a preview ended: passed, the switch may follow; failed, the rollout ends.
    package func reportSmoke(_ id: String, passed: Bool, note: String, by caller: Caller) async throws -> Rollout {
        try await command(
            id, .smoke(passed: passed, by: caller.principal.qualifiedName, note: note), because: note, by: caller)
    }

    /// Says yes to a step that the plan asks people about.
    package func approveStep(_ id: String, percent: Int, because reason: String, by caller: Caller) async throws -> Rollout {
        try Self.check(reason: reason)
        guard caller.principal.kind == .user else {
            throw Problem(.forbidden, "delivery.approval.not-a-person", "Only a person approves a step.", fix: "Sign in as a user.")
        }
        return try await change(id, under: .approvalDecide, because: reason, by: caller) { rollout, change in
            let roles = try Approvals.roles(of: change.caller.principal.name, in: change)
            return .commanded(
                .approve(percent: percent, name: change.caller.principal.name, roles: roles), evidence: rollout.evidence)
        }.rollout
    }

    /// Takes one's own yes to a step back; a step that has begun pauses.
    package func retractStep(_ id: String, percent: Int, because reason: String, by caller: Caller) async throws -> Rollout {
        try Self.check(reason: reason)
        return try await change(id, under: .approvalDecide, because: reason, by: caller) { rollout, change in
            .commanded(.retract(percent: percent, name: change.caller.principal.name), evidence: rollout.evidence)
        }.rollout
    }

    /// The model version that a rollout's candidate is; nil when the revision is gone.
    package func candidateVersion(of rollout: Rollout, by caller: Caller) async throws -> Int? {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try RevisionTable(transaction: transaction, workspace: caller.workspace).find(rollout.endpoint, rollout.candidate)?.version
        }
    }

    package func rollout(_ id: String, by caller: Caller) async throws -> Rollout {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try RolloutTable(transaction: transaction, workspace: caller.workspace).require(id)
        }
    }

    /// Newest first.
    ///
    /// - Parameter after: The id of the last rollout already seen.
    package func rollouts(
        endpoint: String? = nil, after: String? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> [Rollout] {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try RolloutTable(transaction: transaction, workspace: caller.workspace).list(endpoint: endpoint, after: after, limit: limit)
        }
    }

    static func check(reason: String) throws(Problem) {
        guard (1...maximumReason).contains(reason.utf8.count) else {
            throw Problem(.invalid, "delivery.rollout.reason", "A reason of 1 to \(maximumReason) bytes is needed.")
        }
    }

    private func command(
        _ id: String, _ command: RolloutCommand, because reason: String, by caller: Caller
    ) async throws -> Rollout {
        try Self.check(reason: reason)
        return try await change(id, under: .rolloutControl, because: reason, by: caller) { rollout, _ in
            .commanded(command, evidence: rollout.evidence)
        }.rollout
    }

    /// Reads the row, decides, and carries the decision out in the same transaction, so that of two at once the second sees the first.
    ///
    /// - Parameter event: Takes in what happened; nil when it says nothing new.
    private func change(
        _ id: String, under permission: Permission, because reason: String? = nil, by caller: Caller,
        _ event: @escaping @Sendable (inout Rollout, Change) throws -> RolloutEvent?
    ) async throws -> RolloutObservation {
        let versions = versions
        return try await governor.change(permission, by: caller) { change in
            let before = try RolloutTable(transaction: change.transaction, workspace: caller.workspace).require(id)
            var rollout = before
            guard let event = try event(&rollout, change) else {
                return RolloutObservation(rollout: before, decision: .hold("The evidence is not new."))
            }
            return try RolloutTransition(change: change, versions: versions).perform(event, on: rollout, because: reason)
        }
    }
}
