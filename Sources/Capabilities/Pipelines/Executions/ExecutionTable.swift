// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation
import Governance

/// Executions, their attempts and results.
package struct ExecutionTable {
    let transaction: any Transaction

    package init(transaction: any Transaction) {
        self.transaction = transaction
    }

    package func insert(_ execution: Execution) throws {
        try transaction.execute(
            """
            INSERT INTO execution (workspace, id, pipeline, pipeline_version, parameters, status, started_by, started_by_kind, cause, resumes,
                called_by, depth, created, time_left, queued, lease_until, fence)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
            """, execution.workspace, execution.id, execution.pipeline, execution.pipelineVersion, try text(execution.parameters),
            execution.status.rawValue, execution.startedBy.name, execution.startedBy.kind.rawValue, execution.cause, execution.resumes,
            execution.calledBy, execution.depth, execution.created, execution.timeLeft, execution.status == .queued ? 1 : 0)
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

    /// Executions that have not ended, whoever started them, oldest first; the first thousand.
    package func open(_ pipeline: String, in workspace: String) throws -> [Execution] {
        try transaction.rows(
            "SELECT * FROM execution WHERE workspace = ? AND pipeline = ? AND ended IS NULL ORDER BY id LIMIT 1000", workspace, pipeline
        ).map(decode)
    }

    /// How many have not ended.
    package func openCount(_ pipeline: String, in workspace: String) throws -> Int {
        try transaction.row(
            "SELECT COUNT(*) AS open FROM execution WHERE workspace = ? AND pipeline = ? AND ended IS NULL", workspace, pipeline)?["open"]
            ?? 0
    }

    /// Those that wait for their turn, oldest first.
    package func queued(_ pipeline: String, in workspace: String, limit: Int) throws -> [Execution] {
        try transaction.rows(
            "SELECT * FROM execution WHERE workspace = ? AND pipeline = ? AND ended IS NULL AND queued = 1 ORDER BY id LIMIT ?", workspace,
            pipeline, limit
        ).map(decode)
    }

    private func decode(_ row: Row) throws -> Execution {
        let (cancel, pause): (Int, Int) = (try row["wants_cancel"], try row["wants_pause"])
        return Execution(
            id: try row["id"], workspace: try row["workspace"], pipeline: try row["pipeline"], pipelineVersion: try row["pipeline_version"],
            parameters: try members(of: try row["parameters"]),
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

func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// As `value`, without the cost of a general decoder: lists may have 100,000 elements.
func members(of text: String) throws -> [String: JSONValue] {
    guard case .object(let members)? = try? JSONReader.value(of: text) else { return try value([String: JSONValue].self, text) }
    return members
}

func elements(of text: String) throws -> [JSONValue] {
    guard case .array(let elements)? = try? JSONReader.value(of: text) else { return try value([JSONValue].self, text) }
    return elements
}

func value<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}
