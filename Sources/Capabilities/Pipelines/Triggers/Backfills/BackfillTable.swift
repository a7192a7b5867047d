// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance

/// Backfills and their partitions.
struct BackfillTable {
    private let transaction: any Transaction

    init(transaction: any Transaction) {
        self.transaction = transaction
    }

    func insert(_ backfill: Backfill, in workspace: String, digest: String) throws {
        try transaction.execute(
            """
            INSERT INTO backfill (workspace, id, pipeline, parameter, parameters, digest, concurrency, state, author, author_kind, created, ended)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
            """, workspace, backfill.id, backfill.pipeline, backfill.parameter, try text(backfill.parameters), digest,
            backfill.concurrency, backfill.state.rawValue, backfill.author.name, backfill.author.kind.rawValue, backfill.created,
            backfill.ended)
    }

    func insert(_ partitions: [(partition: BackfillPartition, key: String)], of backfill: String) throws {
        try transaction.insert(
            into: "backfill_partition (backfill, position, value, partition_key, state, execution, detail)",
            rows: try partitions.map { partition, key in
                [
                    .text(backfill), .integer(Int64(partition.position)), .text(try text(partition.value)), .text(key),
                    .text(partition.state.rawValue), partition.execution.map { .text($0) } ?? .null,
                    partition.detail.map { .text($0) } ?? .null,
                ]
            })
    }

    func find(_ id: String, in workspace: String) throws -> Backfill? {
        try transaction.row("SELECT * FROM backfill WHERE id = ? AND workspace = ?", id, workspace).map(decode)
    }

    /// The open one that was asked for in the same words.
    func open(digest: String, in workspace: String) throws -> Backfill? {
        try transaction.row("SELECT * FROM backfill WHERE workspace = ? AND digest = ? AND ended IS NULL", workspace, digest).map(decode)
    }

    /// Newest first.
    func page(in workspace: String, before id: String?, limit: Int) throws -> [Backfill] {
        try transaction.rows("SELECT * FROM backfill WHERE workspace = ? AND id < ? ORDER BY id DESC LIMIT ?", workspace, id ?? "~", limit)
            .map(decode)
    }

    /// Of all workspaces, those with something open.
    static func open(in transaction: any Transaction) throws -> [(workspace: String, id: String)] {
        try transaction.rows("SELECT workspace, id FROM backfill WHERE ended IS NULL ORDER BY id LIMIT 1000").map {
            (try $0["workspace"], try $0["id"])
        }
    }

    func save(_ backfill: Backfill) throws {
        try transaction.execute(
            "UPDATE backfill SET state = ?, ended = ? WHERE id = ?", backfill.state.rawValue, backfill.ended, backfill.id)
    }

    func partitions(of backfill: String, after position: Int = -1, in state: BackfillPartition.State? = nil, limit: Int) throws
        -> [BackfillPartition]
    {
        try transaction.rows(
            """
            SELECT * FROM backfill_partition WHERE backfill = ? AND (CAST(? AS TEXT) IS NULL OR state = ?) AND position > ?
            ORDER BY position LIMIT ?
            """, backfill, state?.rawValue, state?.rawValue, position, limit
        ).map { row in
            let state: String = try row["state"]
            return BackfillPartition(
                position: try row["position"], value: try value(JSONValue.self, try row["value"]),
                state: BackfillPartition.State(rawValue: state) ?? .failed, execution: try row["execution"], detail: try row["detail"])
        }
    }

    func save(_ partition: BackfillPartition, of backfill: String) throws {
        try transaction.execute(
            "UPDATE backfill_partition SET state = ?, execution = ?, detail = ? WHERE backfill = ? AND position = ?",
            partition.state.rawValue, partition.execution, partition.detail, backfill, partition.position)
    }

    func cancelWaiting(of backfill: String) throws {
        try transaction.execute("UPDATE backfill_partition SET state = 'cancelled' WHERE backfill = ? AND state = 'waiting'", backfill)
    }

    /// Who has done the partition of this key, or is to; of the same workspace, as the key says.
    func holder(of key: String) throws -> (backfill: String, state: BackfillPartition.State, execution: String?)? {
        try transaction.row(
            """
            SELECT backfill, state, execution FROM backfill_partition
            WHERE partition_key = ? AND state IN ('waiting', 'running', 'succeeded') ORDER BY backfill DESC LIMIT 1
            """, key
        ).map { row in
            let state: String = try row["state"]
            return (try row["backfill"], BackfillPartition.State(rawValue: state) ?? .failed, try row["execution"])
        }
    }

    private func decode(_ row: Row) throws -> Backfill {
        let id: String = try row["id"]
        let (state, kind): (String, String) = (try row["state"], try row["author_kind"])
        var counts: [BackfillPartition.State: Int] = [:]
        for row in try transaction.rows("SELECT state, COUNT(*) AS number FROM backfill_partition WHERE backfill = ? GROUP BY state", id) {
            let name: String = try row["state"]
            if let state = BackfillPartition.State(rawValue: name) { counts[state] = try row["number"] }
        }
        return Backfill(
            id: id, pipeline: try row["pipeline"], parameter: try row["parameter"],
            parameters: try value([String: JSONValue].self, try row["parameters"]), concurrency: try row["concurrency"],
            state: Backfill.State(rawValue: state) ?? .running,
            author: Principal(name: try row["author"], kind: Principal.Kind(rawValue: kind) ?? .user), created: try row["created"],
            ended: try row["ended"], counts: counts)
    }
}
