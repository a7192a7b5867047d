// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// Successes by the keys of their steps.
extension ExecutionTable {
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
