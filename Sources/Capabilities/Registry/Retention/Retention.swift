// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance
package import Tracking

/// The use cases of retention: policies, and passes that do what they say.
package struct Retention: Sendable {
    let governor: Governor

    package init(governor: Governor) {
        self.governor = governor
    }

    /// Sets or replaces the policy of the workspace, or of the experiment that it names.
    package func set(_ policy: RetentionPolicy, by caller: Caller) async throws -> RetentionPolicy {
        try policy.check()
        return try await governor.change(.retentionManage, by: caller) { change in
            if let experiment = policy.experiment { try requireExperiment(experiment, in: change) }
            return try Self.set(policy, in: change)
        }
    }

    /// - Parameter policy: Checked, of an experiment that exists.
    static func set(_ policy: RetentionPolicy, in change: Change) throws -> RetentionPolicy {
        var policy = policy
        (policy.author, policy.updated) = (change.caller.principal.qualifiedName, change.time)
        try RetentionPolicyTable(transaction: change.transaction, workspace: change.workspace).set(policy)
        try change.record("retention.set", on: policy.resource, policy.payload)
        return policy
    }

    /// The workspace's own first.
    package func policies(by caller: Caller) async throws -> [RetentionPolicy] {
        try await governor.read(.retentionRead, by: caller) {
            try RetentionPolicyTable(transaction: $0, workspace: caller.workspace).list()
        }
    }

    /// From now on everything is kept; an experiment falls back to the policy of the workspace.
    ///
    /// - Throws: `Problem` `.notFound`.
    package func delete(of experiment: Int64?, by caller: Caller) async throws {
        _ = try await governor.change(.retentionManage, by: caller) { change in
            try Self.delete(of: experiment, in: change)
            return Nothing()
        }
    }

    static func delete(of experiment: Int64?, in change: Change) throws {
        guard try RetentionPolicyTable(transaction: change.transaction, workspace: change.workspace).delete(of: experiment) else {
            throw Problem(.notFound, "retention.policy.unknown", "There is no such policy.", fix: "List them: dhow retention show.")
        }
        try change.record("retention.deleted", on: RetentionPolicy(experiment: experiment).resource)
    }

    /// Does what the policies say of the workspace, batch by batch; a dry run only reports it.
    ///
    /// Each batch is a transaction with a ledger entry. What was interrupted is taken up by the next pass.
    package func pass(isDryRun: Bool, by caller: Caller) async throws -> RetentionReport {
        try governor.require(.retentionManage, of: caller)
        var pass = RetentionPass(governor: governor, caller: caller, isDryRun: isDryRun)
        try await pass.run()
        return pass.report
    }

    private func requireExperiment(_ id: Int64, in change: Change) throws {
        let row = try change.transaction.row("SELECT 1 AS one FROM experiment WHERE id = ? AND workspace = ?", id, change.workspace)
        guard row != nil else { throw Experiment.unknown(id) }
    }
}

extension RetentionPolicy {
    fileprivate var payload: [String: JSONValue] {
        var payload: [String: JSONValue] = [:]
        payload["deletedDays"] = deletedDays.map { .integer($0) }
        payload["unreferredDays"] = unreferredDays.map { .integer($0) }
        payload["traceDays"] = traceDays.map { .integer($0) }
        return payload
    }
}
