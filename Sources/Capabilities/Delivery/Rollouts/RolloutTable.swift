// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// Rows of `rollout`.
struct RolloutTable {
    let transaction: any Transaction
    let workspace: String

    func insert(_ rollout: Rollout) throws {
        try transaction.execute(
            """
            INSERT INTO rollout (workspace, id, release, endpoint, candidate, stable, plan, phase, step, step_candidate_labelled,
                step_stable_labelled, evidence, started, deadline, finished, reason, position, warm_until)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            workspace, rollout.id, rollout.release, rollout.endpoint, rollout.candidate, rollout.stable,
            try DocumentText.encode(rollout.state.plan), rollout.state.phase.rawValue, rollout.state.step,
            rollout.state.stepStart?.candidate, rollout.state.stepStart?.stable, try rollout.evidence.map { try DocumentText.encode($0) },
            rollout.started, rollout.state.deadline, rollout.finished, rollout.reason, try DocumentText.encode(rollout.state.position),
            rollout.state.position.warmUntil)
    }

    /// Keeps all that changes in the course of a rollout.
    func update(_ rollout: Rollout) throws {
        try transaction.execute(
            """
            UPDATE rollout SET phase = ?, step = ?, step_candidate_labelled = ?, step_stable_labelled = ?, evidence = ?, deadline = ?,
                finished = ?, reason = ?, position = ?, warm_until = ?
            WHERE workspace = ? AND id = ?
            """,
            rollout.state.phase.rawValue, rollout.state.step, rollout.state.stepStart?.candidate, rollout.state.stepStart?.stable,
            try rollout.evidence.map { try DocumentText.encode($0) }, rollout.state.deadline, rollout.finished, rollout.reason,
            try DocumentText.encode(rollout.state.position), rollout.state.position.warmUntil, workspace, rollout.id)
    }

    func find(_ id: String) throws -> Rollout? {
        try transaction.row(Self.selection + " WHERE workspace = ? AND id = ?", workspace, id).map(decode)
    }

    func require(_ id: String) throws -> Rollout {
        guard let rollout = try find(id) else {
            throw Problem(
                .notFound, "delivery.rollout.unknown", "Rollout '\(id.printable)' does not exist.", fix: "List them: dhow rollout list.")
        }
        return rollout
    }

    func active(_ endpoint: String) throws -> Rollout? {
        try transaction.row(
            Self.selection + " WHERE workspace = ? AND endpoint = ? AND phase IN ('progressing', 'paused')", workspace, endpoint
        ).map(decode)
    }

    func latestID(_ endpoint: String) throws -> String? {
        try transaction.row(
            "SELECT id FROM rollout WHERE workspace = ? AND endpoint = ? ORDER BY candidate DESC LIMIT 1", workspace, endpoint
        ).map { try $0["id"] }
    }

    /// Newest first.
    func list(endpoint: String?, after: String?, limit: Int) throws -> [Rollout] {
        var sql = Self.selection + " WHERE workspace = ?"
        var values: [DatabaseValue] = [.text(workspace)]
        for (column, value) in [("endpoint =", endpoint), ("id <", after)] {
            guard let value else { continue }
            sql += " AND \(column) ?"
            values.append(.text(value))
        }
        values.append(.integer(Int64(PageLimit.clamp(limit))))
        return try transaction.rows(sql + " ORDER BY id DESC LIMIT ?", values: values).map(decode)
    }

    /// Unfinished rollouts of every workspace, at most 1000.
    static func active(in transaction: any Transaction) throws -> [(workspace: String, rollout: Rollout)] {
        try transaction.rows(selection + " WHERE phase IN ('progressing', 'paused') ORDER BY workspace, id LIMIT 1000").map { row in
            let workspace: String = try row["workspace"]
            return (workspace, try RolloutTable(transaction: transaction, workspace: workspace).decode(row))
        }
    }

    /// Rollouts of every workspace that time may move: those under way, and promoted ones whose old revision is warm for too long; at
    /// most 1000.
    static func waiting(at time: Timestamp, in transaction: any Transaction) throws -> [(workspace: String, rollout: Rollout)] {
        try transaction.rows(
            selection + " WHERE phase = 'progressing' OR (phase = 'promoted' AND warm_until <= ?) ORDER BY deadline LIMIT 1000", time
        ).map { row in
            let workspace: String = try row["workspace"]
            return (workspace, try RolloutTable(transaction: transaction, workspace: workspace).decode(row))
        }
    }

    private static let selection = """
        SELECT workspace, id, release, endpoint, candidate, stable, plan, phase, step, step_candidate_labelled, step_stable_labelled, evidence,
        started, deadline, finished, reason, position FROM rollout
        """

    private func decode(_ row: Row) throws -> Rollout {
        guard let phase = RolloutState.Phase(rawValue: try row["phase"]) else {
            throw Problem(.internal, "delivery.rollout.unreadable", "The phase of a rollout is unknown to this program.")
        }
        let stable: Int? = try row["stable"]
        let position: String? = try row["position"]
        var state = RolloutState(
            plan: try DocumentText.decode(RolloutPlan.self, from: try row["plan"]), phase: phase, step: try row["step"],
            hasStable: stable != nil, deadline: try row["deadline"],
            position: try position.map { try DocumentText.decode(RolloutPosition.self, from: $0) }
                ?? RolloutPosition(stepBegan: try row["started"]))
        let candidateLabelled: Int? = try row["step_candidate_labelled"]
        let stableLabelled: Int? = try row["step_stable_labelled"]
        state.stepStart = candidateLabelled.map { RolloutState.Labelled(candidate: $0, stable: stableLabelled ?? 0) }
        let evidence: String? = try row["evidence"]
        return Rollout(
            id: try row["id"], release: try row["release"], endpoint: try row["endpoint"], candidate: try row["candidate"], stable: stable,
            state: state, evidence: try evidence.map { try DocumentText.decode(RolloutEvidence.self, from: $0) },
            started: try row["started"], finished: try row["finished"], reason: try row["reason"])
    }
}
