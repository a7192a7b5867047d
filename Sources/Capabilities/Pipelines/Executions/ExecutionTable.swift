// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation
import Governance

/// Executions, their attempts and results.
package struct ExecutionTable {
    private let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    package func insert(_ execution: Execution) throws {
        try transaction.execute(
            """
            INSERT INTO execution (workspace, id, pipeline, pipeline_version, parameters, state, status, started_by, started_by_kind, cause, created,
                lease_until, fence)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
            """, execution.workspace, execution.id, execution.pipeline, execution.pipelineVersion, try text(execution.parameters),
            try text(execution.state), execution.status.rawValue, execution.startedBy.name, execution.startedBy.kind.rawValue,
            execution.cause, execution.created)
    }

    package func find(_ id: String) throws -> Execution? {
        try transaction.row("SELECT * FROM execution WHERE id = ?", id).map(decode)
    }

    /// Newest first, before the id given.
    package func page(in workspace: String, pipeline: String?, before id: String?, limit: Int) throws -> [Execution] {
        try transaction.rows(
            """
            SELECT * FROM execution WHERE workspace = ? AND (CAST(? AS TEXT) IS NULL OR pipeline = ?) AND id < ?
            ORDER BY id DESC LIMIT ?
            """, workspace, pipeline, pipeline, id ?? "~", limit
        ).map(decode)
    }

    /// Whether `claim` would find something. One indexed read over the open executions.
    package func hasClaimable(by owner: String, except driven: Set<String>, at now: Timestamp) throws -> Bool {
        try transaction.rows(
            "SELECT id FROM execution WHERE ended IS NULL AND (lease_until <= ? OR lease_owner = ?) ORDER BY id LIMIT ?", now, owner,
            driven.count + 1
        ).contains { row in
            let id: String = try row["id"]
            return !driven.contains(id)
        }
    }

    /// Takes an open execution nobody drives, or that `owner` drove before it restarted.
    package func claim(by owner: String, except driven: Set<String>, at now: Timestamp) throws -> ExecutionLease? {
        let candidates = try transaction.rows(
            """
            SELECT id, workspace, fence FROM execution
            WHERE ended IS NULL AND (lease_until <= ? OR lease_owner = ?) ORDER BY id LIMIT ?
            """, now, owner, driven.count + 1)
        for row in candidates {
            let id: String = try row["id"]
            if driven.contains(id) { continue }
            let fence: Int64 = try row["fence"]
            let lease = ExecutionLease(execution: id, workspace: try row["workspace"], owner: owner, fence: fence + 1)
            try transaction.execute(
                "UPDATE execution SET lease_owner = ?, lease_until = ?, fence = ? WHERE id = ?", owner, now + ExecutionLease.duration,
                lease.fence, id)
            return lease
        }
        return nil
    }

    /// - Throws: `LeaseLost` when someone else drives the execution now.
    package func require(_ lease: ExecutionLease) throws -> Execution {
        guard let row = try transaction.row("SELECT * FROM execution WHERE id = ? AND fence = ?", lease.execution, lease.fence) else {
            throw LeaseLost(execution: lease.execution)
        }
        return try decode(row)
    }

    package func renew(_ lease: ExecutionLease, at now: Timestamp) throws {
        try transaction.execute(
            "UPDATE execution SET lease_until = ? WHERE id = ? AND fence = ?", now + ExecutionLease.duration, lease.execution, lease.fence)
    }

    package func save(_ execution: Execution) throws {
        try transaction.execute(
            "UPDATE execution SET state = ?, status = ?, ended = ? WHERE id = ?", try text(execution.state), execution.status.rawValue,
            execution.ended, execution.id)
    }

    // MARK: attempts and results

    package func insert(_ attempt: Attempt, of execution: String) throws {
        try transaction.execute(
            "INSERT INTO attempt (execution, step, number, started) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", execution, attempt.step,
            attempt.number, attempt.started)
    }

    package func end(
        _ step: String, _ number: Int, of execution: String, at time: Timestamp, outcome: String, detail: String?, log: BlobDigest?
    ) throws {
        try transaction.execute(
            "UPDATE attempt SET ended = ?, outcome = ?, detail = ?, log = ? WHERE execution = ? AND step = ? AND number = ?", time, outcome,
            detail, log, execution, step, number)
    }

    package func attempts(of execution: String) throws -> [Attempt] {
        try transaction.rows("SELECT * FROM attempt WHERE execution = ? ORDER BY started, step, number", execution).map { row in
            Attempt(
                step: try row["step"], number: try row["number"], started: try row["started"], ended: try row["ended"],
                outcome: try row["outcome"], detail: try row["detail"], log: try row["log"])
        }
    }

    package func insert(_ result: StepResult, of execution: String) throws {
        try transaction.execute(
            """
            INSERT INTO step_result (execution, step, outputs, step_key, reused_from) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (execution, step) DO UPDATE SET outputs = excluded.outputs, step_key = excluded.step_key, reused_from = excluded.reused_from
            """, execution, result.step, try text(result.outputs), result.key, result.reusedFrom)
    }

    package func results(of execution: String) throws -> [StepResult] {
        try transaction.rows("SELECT * FROM step_result WHERE execution = ?", execution).map { row in
            StepResult(
                step: try row["step"], outputs: try value([String: StepOutput].self, try row["outputs"]), key: try row["step_key"],
                reusedFrom: try row["reused_from"])
        }
    }

    // MARK: cache

    package func cached(_ key: BlobDigest, in workspace: String) throws -> (execution: String, outputs: [String: StepOutput])? {
        try transaction.row("SELECT execution, outputs FROM step_cache WHERE workspace = ? AND step_key = ?", workspace, key).map { row in
            (try row["execution"], try value([String: StepOutput].self, try row["outputs"]))
        }
    }

    package func remember(_ key: BlobDigest, _ outputs: [String: StepOutput], of step: String, _ execution: Execution, at time: Timestamp)
        throws
    {
        try transaction.execute(
            """
            INSERT INTO step_cache (workspace, step_key, execution, step, outputs, created) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (workspace, step_key) DO NOTHING
            """, execution.workspace, key, execution.id, step, try text(outputs), time)
    }

    private func decode(_ row: Row) throws -> Execution {
        Execution(
            id: try row["id"], workspace: try row["workspace"], pipeline: try row["pipeline"], pipelineVersion: try row["pipeline_version"],
            parameters: try value([String: JSONValue].self, try row["parameters"]), state: try value(ExecutionState.self, try row["state"]),
            status: ExecutionStatus(rawValue: try row["status"]) ?? .running,
            startedBy: Principal(name: try row["started_by"], kind: Principal.Kind(rawValue: try row["started_by_kind"]) ?? .user),
            cause: try row["cause"], created: try row["created"], ended: try row["ended"])
    }
}

func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}
