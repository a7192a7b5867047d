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
            INSERT INTO execution (workspace, id, pipeline, pipeline_version, parameters, status, started_by, started_by_kind, cause, resumes,
                called_by, depth, created, deadline, queued, lease_until, fence)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
            """, execution.workspace, execution.id, execution.pipeline, execution.pipelineVersion, try text(execution.parameters),
            execution.status.rawValue, execution.startedBy.name, execution.startedBy.kind.rawValue, execution.cause, execution.resumes,
            execution.calledBy, execution.depth, execution.created, execution.deadline, execution.status == .queued ? 1 : 0)
    }

    package func find(_ id: String) throws -> Execution? {
        try transaction.row("SELECT * FROM execution WHERE id = ?", id).map(decode)
    }

    /// The execution that an attempt of a step of kind pipeline started.
    package func find(calledBy attemptID: String) throws -> Execution? {
        try transaction.row("SELECT * FROM execution WHERE called_by = ?", attemptID).map(decode)
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
            "SELECT id FROM execution WHERE ended IS NULL AND queued = 0 AND (lease_until <= ? OR lease_owner = ?) ORDER BY id LIMIT ?",
            now, owner,
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
            WHERE ended IS NULL AND queued = 0 AND (lease_until <= ? OR lease_owner = ?) ORDER BY id LIMIT ?
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

    /// What can have changed of an execution while it is driven: all that a commit needs to know, and O(1) whatever its parameters.
    ///
    /// - Throws: `LeaseLost`.
    func standing(_ lease: ExecutionLease) throws -> ExecutionStanding {
        let row = try transaction.row(
            "SELECT flags, status, deadline, wants_cancel, wants_pause FROM execution WHERE id = ? AND fence = ?", lease.execution,
            lease.fence)
        guard let row else { throw LeaseLost(execution: lease.execution) }
        let (cancel, pause): (Int, Int) = (try row["wants_cancel"], try row["wants_pause"])
        return ExecutionStanding(
            flags: ExecutionFlags(rawValue: try row["flags"]), status: ExecutionStatus(rawValue: try row["status"]) ?? .running,
            deadline: try row["deadline"], wantsCancel: cancel != 0, wantsPause: pause != 0)
    }

    package func renew(_ lease: ExecutionLease, at now: Timestamp) throws {
        try transaction.execute(
            "UPDATE execution SET lease_until = ? WHERE id = ? AND fence = ?", now + ExecutionLease.duration, lease.execution, lease.fence)
    }

    package func save(_ execution: Execution) throws {
        try transaction.execute(
            "UPDATE execution SET flags = ?, status = ?, deadline = ?, time_left = ?, queued = ?, ended = ? WHERE id = ?",
            execution.flags.rawValue, execution.status.rawValue, execution.deadline, execution.timeLeft,
            execution.status == .queued ? 1 : 0,
            execution.ended, execution.id)
    }

    /// What a person asks of an execution that may be driven elsewhere.
    package func ask(_ id: String, cancel: Bool, pause: Bool) throws {
        try transaction.execute(
            "UPDATE execution SET wants_cancel = ?, wants_pause = ? WHERE id = ?", cancel ? 1 : 0, pause ? 1 : 0, id)
    }

    // MARK: the pipeline's concurrency

    /// Open executions that have begun their turn, oldest first.
    package func open(_ pipeline: String, in workspace: String) throws -> [Execution] {
        try transaction.rows(
            "SELECT * FROM execution WHERE workspace = ? AND pipeline = ? AND ended IS NULL AND queued = 0 ORDER BY id", workspace, pipeline
        ).map(decode)
    }

    /// Those that wait for their turn, oldest first.
    package func queued(_ pipeline: String, in workspace: String, limit: Int) throws -> [Execution] {
        try transaction.rows(
            "SELECT * FROM execution WHERE workspace = ? AND pipeline = ? AND ended IS NULL AND queued = 1 ORDER BY id LIMIT ?", workspace,
            pipeline, limit
        ).map(decode)
    }

    // MARK: units

    package func save(_ units: [(unit: StepUnit, progress: StepProgress)], of execution: String) throws {
        try transaction.insert(
            into: "execution_unit (execution, unit, state, attempts, failures, losses, questions)",
            rows: units.map { unit, progress in
                [
                    execution.databaseValue, unit.description.databaseValue, progress.state.stored.databaseValue,
                    progress.attempts.databaseValue, progress.failures.databaseValue, progress.losses.databaseValue,
                    progress.questions.rawValue.databaseValue,
                ]
            },
            """
            ON CONFLICT (execution, unit) DO UPDATE SET state = excluded.state, attempts = excluded.attempts, failures = excluded.failures,
                losses = excluded.losses, questions = excluded.questions
            """)
    }

    package func units(of execution: String) throws -> [ExecutionState.Saved] {
        try transaction.rows("SELECT * FROM execution_unit WHERE execution = ?", execution).map { row in
            let attempts: Int = try row["attempts"]
            let progress = StepProgress(
                state: StepState(stored: try row["state"], attempts: attempts), attempts: attempts, failures: try row["failures"],
                losses: try row["losses"], questions: StepProgress.Questions(rawValue: try row["questions"]))
            return ExecutionState.Saved(StepUnit(reading: try row["unit"]), progress)
        }
    }

    package func insert(list items: [JSONValue], of step: String, _ execution: String) throws {
        try transaction.execute(
            "INSERT INTO execution_list (execution, step, items) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", execution, step, try text(items))
    }

    /// By step, the lists that are known.
    package func lists(of execution: String) throws -> [String: [JSONValue]] {
        var lists: [String: [JSONValue]] = [:]
        for row in try transaction.rows("SELECT step, items FROM execution_list WHERE execution = ?", execution) {
            lists[try row["step"]] = try value([JSONValue].self, try row["items"])
        }
        return lists
    }

    // MARK: attempts and results

    package func insert(_ attempts: [Attempt], of execution: String) throws {
        try transaction.insert(
            into: "attempt (execution, step, number, worker, step_key, started, ended, outcome, detail, log, checkpoint)",
            rows: try attempts.map { attempt in
                [
                    execution.databaseValue, attempt.unit.description.databaseValue, attempt.number.databaseValue,
                    attempt.worker?.databaseValue ?? .null, attempt.key?.databaseValue ?? .null, attempt.started.databaseValue,
                    attempt.ended?.databaseValue ?? .null, attempt.outcome?.databaseValue ?? .null, attempt.detail?.databaseValue ?? .null,
                    try attempt.log.map { try text($0) }?.databaseValue ?? .null,
                    try attempt.checkpoint.map { try text($0) }?.databaseValue ?? .null,
                ]
            },
            """
            ON CONFLICT (execution, step, number) DO UPDATE SET ended = excluded.ended, outcome = excluded.outcome, detail = excluded.detail,
                log = excluded.log, checkpoint = excluded.checkpoint
            """)
    }

    package func attempts(of execution: String) throws -> [Attempt] {
        try transaction.rows("SELECT * FROM attempt WHERE execution = ? ORDER BY started, step, number", execution).map(attempt)
    }

    package func attempts(of unit: StepUnit, _ execution: String) throws -> [Attempt] {
        try transaction.rows("SELECT * FROM attempt WHERE execution = ? AND step = ? ORDER BY number", execution, unit.description)
            .map(attempt)
    }

    package func insert(_ results: [StepResult], of execution: String) throws {
        try transaction.insert(
            into: "step_result (execution, step, outputs, step_key, reused_from)",
            rows: try results.map { result in
                [
                    execution.databaseValue, result.unit.description.databaseValue,
                    (result.outputs.isEmpty ? "{}" : try text(result.outputs)).databaseValue, result.key?.databaseValue ?? .null,
                    result.reusedFrom?.databaseValue ?? .null,
                ]
            },
            """
            ON CONFLICT (execution, step) DO UPDATE SET outputs = excluded.outputs, step_key = excluded.step_key,
                reused_from = excluded.reused_from
            """)
    }

    package func results(of execution: String) throws -> [StepResult] {
        try transaction.rows("SELECT * FROM step_result WHERE execution = ?", execution).map { row in
            StepResult(
                unit: StepUnit(reading: try row["step"]), outputs: try outputs(try row["outputs"]), key: try row["step_key"],
                reusedFrom: try row["reused_from"])
        }
    }

    private func attempt(_ row: Row) throws -> Attempt {
        Attempt(
            unit: StepUnit(reading: try row["step"]), number: try row["number"], worker: try row["worker"], key: try row["step_key"],
            started: try row["started"], ended: try row["ended"], outcome: try row["outcome"], detail: try row["detail"],
            log: try (row["log"] as String?).map { try value(LogArchive.self, $0) },
            checkpoint: try (row["checkpoint"] as String?).map { try value(StepOutput.self, $0) })
    }

    private func outputs(_ stored: String) throws -> [String: StepOutput] {
        stored == "{}" ? [:] : try value([String: StepOutput].self, stored)
    }

    // MARK: cache

    /// Earlier successes by key; those made before `oldest` do not count.
    package func cached(_ keys: [(key: BlobDigest, oldest: Timestamp?)], in workspace: String) throws -> [BlobDigest: StepCacheHit] {
        var hits: [BlobDigest: StepCacheHit] = [:]
        for (key, oldest) in keys {
            let row = try transaction.row(
                "SELECT execution, outputs, created FROM step_cache WHERE workspace = ? AND step_key = ?", workspace, key)
            guard let row, try (row["created"] as Timestamp) >= oldest ?? Timestamp(milliseconds: .min) else { continue }
            hits[key] = StepCacheHit(execution: try row["execution"], outputs: try outputs(try row["outputs"]))
        }
        return hits
    }

    package func remember(_ entries: [StepCacheEntry], of execution: Execution, at time: Timestamp) throws {
        try transaction.insert(
            into: "step_cache (workspace, step_key, execution, pipeline, step, outputs, parts, created)",
            rows: try entries.map { entry in
                [
                    execution.workspace.databaseValue, entry.key.databaseValue, execution.id.databaseValue,
                    execution.pipeline.databaseValue, entry.unit.description.databaseValue,
                    (entry.outputs.isEmpty ? "{}" : try text(entry.outputs)).databaseValue,
                    try entry.parts.map { try text($0) }?.databaseValue ?? .null, time.databaseValue,
                ]
            },
            """
            ON CONFLICT (workspace, step_key) DO UPDATE SET execution = excluded.execution, outputs = excluded.outputs,
                created = excluded.created
            """)
    }

    /// The parts of the keys that a step of a pipeline had, newest first: of the key given, and of the latest one before it.
    package func parts(of key: BlobDigest, in workspace: String) throws -> StepKey? {
        guard
            let parts: String = try transaction.row(
                "SELECT parts FROM step_cache WHERE workspace = ? AND step_key = ?", workspace, key)?["parts"]
        else { return nil }
        return try value(StepKey.self, parts)
    }

    package func partsBefore(_ time: Timestamp, of unit: StepUnit, _ pipeline: String, in workspace: String) throws
        -> (execution: String, key: StepKey)?
    {
        let row = try transaction.row(
            """
            SELECT execution, parts FROM step_cache WHERE workspace = ? AND pipeline = ? AND step = ? AND created < ? AND parts IS NOT NULL
            ORDER BY created DESC LIMIT 1
            """, workspace, pipeline, unit.description, time)
        return try row.map { (try $0["execution"], try value(StepKey.self, try $0["parts"])) }
    }

    private func decode(_ row: Row) throws -> Execution {
        let (cancel, pause): (Int, Int) = (try row["wants_cancel"], try row["wants_pause"])
        return Execution(
            id: try row["id"], workspace: try row["workspace"], pipeline: try row["pipeline"], pipelineVersion: try row["pipeline_version"],
            parameters: try value([String: JSONValue].self, try row["parameters"]),
            status: ExecutionStatus(rawValue: try row["status"]) ?? .running, flags: ExecutionFlags(rawValue: try row["flags"]),
            wantsCancel: cancel != 0, wantsPause: pause != 0,
            startedBy: Principal(name: try row["started_by"], kind: Principal.Kind(rawValue: try row["started_by_kind"]) ?? .user),
            cause: try row["cause"], resumes: try row["resumes"], calledBy: try row["called_by"],
            depth: try row["depth"], created: try row["created"], deadline: try row["deadline"],
            timeLeft: try row["time_left"], ended: try row["ended"])
    }
}

/// What is saved of an execution beside its units.
struct ExecutionStanding: Sendable {
    var flags: ExecutionFlags
    var status: ExecutionStatus
    var deadline: Timestamp?
    var wantsCancel: Bool
    var wantsPause: Bool
}

/// An earlier success that may stand for a step.
package struct StepCacheHit: Sendable {
    package var execution: String
    package var outputs: [String: StepOutput]
}

/// A success that later executions may use.
package struct StepCacheEntry: Sendable {
    package var key: BlobDigest
    package var unit: StepUnit
    package var outputs: [String: StepOutput]
    /// Nil when they are known from an earlier entry.
    package var parts: StepKey?
}

extension StepState {
    /// As `word`, but an expanded step is told from a running one.
    fileprivate var stored: String { self == .expanded ? "expanded" : word }

    fileprivate init(stored: String, attempts: Int) {
        let plain: [StepState] = [.waiting, .ready, .expanded, .succeeded, .reused, .omitted, .failed, .skipped, .cancelled]
        self = plain.first { $0.stored == stored } ?? .running(attempt: attempts)
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
