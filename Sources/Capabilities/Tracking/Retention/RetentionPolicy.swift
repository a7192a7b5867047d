// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// How long a workspace or one of its experiments keeps what it tracks; what is not said is kept for ever.
package struct RetentionPolicy: Codable, Equatable, Sendable {
    package static let maximumDays: Int64 = 36_500
    /// The tag of a run, logged model, trace or experiment that keeps it, whatever its value.
    package static let holdTag = "dhow.hold"

    /// Nil for all of the workspace but the experiments that have a policy of their own.
    package var experiment: Int64?
    /// Runs, logged models and experiments are purged that many days after they were put away.
    package var deletedDays: Int64?
    /// Runs that nothing refers to are put away that many days after they ended.
    package var unreferredDays: Int64?
    /// Traces are deleted that many days after they began.
    package var traceDays: Int64?
    package var author: String
    package var updated: Timestamp

    package init(
        experiment: Int64? = nil, deletedDays: Int64? = nil, unreferredDays: Int64? = nil, traceDays: Int64? = nil, author: String = "",
        updated: Timestamp = Timestamp(milliseconds: 0)
    ) {
        self.experiment = experiment
        self.deletedDays = deletedDays
        self.unreferredDays = unreferredDays
        self.traceDays = traceDays
        self.author = author
        self.updated = updated
    }

    /// - Throws: `Problem` `.invalid` for one that says nothing, or days out of 0 to 36,500.
    package func check() throws(Problem) {
        let days = [deletedDays, unreferredDays, traceDays].compactMap(\.self)
        guard !days.isEmpty, days.allSatisfy({ (0...Self.maximumDays).contains($0) }) else {
            throw Problem(
                .invalid, "retention.policy.malformed", "The policy says nothing, or days that cannot be counted.",
                why: "It has at least one of deletedDays, unreferredDays and traceDays, each from 0 to \(Self.maximumDays).",
                fix: "To keep everything, delete the policy.")
        }
    }

    package var resource: String { "retention/" + (experiment.map { "experiment/\($0)" } ?? "workspace") }
}

package struct RetentionPolicyTable {
    private static let everyExperiment: Int64 = -1

    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func set(_ policy: RetentionPolicy) throws {
        try transaction.execute(
            """
            INSERT INTO retention_policy (workspace, experiment, deleted_days, unreferred_days, trace_days, author, updated)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (workspace, experiment) DO UPDATE SET deleted_days = excluded.deleted_days,
            unreferred_days = excluded.unreferred_days, trace_days = excluded.trace_days, author = excluded.author,
            updated = excluded.updated
            """, workspace, policy.experiment ?? Self.everyExperiment, policy.deletedDays, policy.unreferredDays, policy.traceDays,
            policy.author, policy.updated)
    }

    /// - Returns: Whether there was one.
    package func delete(of experiment: Int64?) throws -> Bool {
        try transaction.execute(
            "DELETE FROM retention_policy WHERE workspace = ? AND experiment = ?", workspace, experiment ?? Self.everyExperiment) > 0
    }

    /// The workspace's own first.
    package func list() throws -> [RetentionPolicy] {
        try transaction.rows("SELECT * FROM retention_policy WHERE workspace = ? ORDER BY experiment", workspace).map { row in
            let experiment: Int64 = try row["experiment"]
            return RetentionPolicy(
                experiment: experiment == Self.everyExperiment ? nil : experiment, deletedDays: try row["deleted_days"],
                unreferredDays: try row["unreferred_days"], traceDays: try row["trace_days"], author: try row["author"],
                updated: try row["updated"])
        }
    }

    /// Workspaces that have policies, or something left to be freed.
    package static func workspaces(in transaction: any Transaction) throws -> [String] {
        try transaction.rows("SELECT workspace FROM retention_policy UNION SELECT workspace FROM purged ORDER BY workspace").map {
            try $0["workspace"]
        }
    }
}
