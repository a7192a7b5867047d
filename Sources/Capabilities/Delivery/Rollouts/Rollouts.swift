// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Moves traffic between two revisions, on evidence or on a person's word.
package struct Rollouts: Sendable {
    package static let maximumReason = 2000

    private let governor: Governor
    private let versions: VersionDirectory

    package init(governor: Governor, versions: VersionDirectory) {
        self.governor = governor
        self.versions = versions
    }

    /// Takes in evidence and does what follows from it, in one transaction. Evidence older than what is known changes nothing.
    package func observe(_ id: String, _ evidence: RolloutEvidence, by caller: Caller) async throws -> RolloutObservation {
        try evidence.validate()
        return try await change(id, by: caller, isObserved: true) { rollout, change in
            if let known = rollout.evidence, evidence.isOlder(than: known) { return .hold("The evidence is not new.") }
            rollout.evidence = evidence
            if rollout.state.stepStart == nil { rollout.state.stepStart = evidence.labelled }
            return rollout.state.next(evidence, at: change.time)
        }
    }

    /// Pauses every rollout, of all workspaces, whose time is over without a decision.
    package func pauseOverdue() async throws {
        let now = governor.clock.now()
        for (workspace, id) in try await governor.database.read({ try RolloutTable.overdue(at: now, in: $0) }) {
            _ = try await change(id, by: .controller("rollouts", in: workspace)) { rollout, change in rollout.state.next(at: change.time) }
        }
    }

    /// Unfinished rollouts of all workspaces, for those who gather evidence.
    package func active() async throws -> [(workspace: String, rollout: Rollout)] {
        try await governor.database.read { try RolloutTable.active(in: $0) }
    }

    /// Goes to a later step at once, without waiting for evidence; repeating it changes nothing.
    package func shift(_ id: String, toPercent percent: Int, by caller: Caller) async throws -> Rollout {
        try await command(id, .shift(toPercent: percent), by: caller)
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

    /// The plan's longest time begins anew.
    package func resume(_ id: String, by caller: Caller) async throws -> Rollout {
        try await command(id, .resume, by: caller)
    }

    /// Ends a rollout and gives the stable revision all traffic; with nothing running, nothing happens.
    package func abort(_ id: String, because reason: String, by caller: Caller) async throws -> Rollout {
        try await command(id, .abort(because: reason), because: reason, by: caller)
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

    private func command(
        _ id: String, _ command: RolloutCommand, because reason: String? = nil, by caller: Caller
    ) async throws -> Rollout {
        if let reason, !(1...Self.maximumReason).contains(reason.utf8.count) {
            throw Problem(.invalid, "delivery.rollout.reason", "A reason of 1 to \(Self.maximumReason) bytes is needed.")
        }
        return try await change(id, by: caller) { rollout, _ in
            let decision = try rollout.state.answer(command, rollout.evidence)
            if decision == .promote { rollout.reason = reason }
            return decision
        }.rollout
    }

    /// Reads the row, decides, and carries the decision out in the same transaction, so that of two at once the second sees the first.
    private func change(
        _ id: String, by caller: Caller, isObserved: Bool = false,
        _ decide: @escaping @Sendable (inout Rollout, Change) throws -> RolloutDecision
    ) async throws -> RolloutObservation {
        let versions = versions
        return try await governor.change(.rolloutControl, by: caller) { change in
            let table = RolloutTable(transaction: change.transaction, workspace: caller.workspace)
            let before = try table.require(id)
            var rollout = before
            let decision = try decide(&rollout, change)
            if case .hold = decision, rollout == before { return RolloutObservation(rollout: before, decision: decision) }
            if case .rollBack = decision, try table.latestID(rollout.endpoint) != id {
                throw Problem(
                    .conflict, "delivery.rollout.not-latest", "Rollout \(id) cannot be rolled back.",
                    why: "Endpoint '\(rollout.endpoint)' has had a newer release.", fix: "Roll back the newer release first.")
            }
            let after = try RolloutTransition(change: change, versions: versions).carryOut(decision, on: rollout, isObserved: isObserved)
            return RolloutObservation(rollout: after, decision: decision)
        }
    }
}
