// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Removes for good, as part of a change. Points and files of what was removed are freed afterwards, a bounded number at a time.
package struct Purge {
    /// Points and files of one `free`.
    package static let budget = (points: 20_000, files: 1_000)

    private let transaction: any Transaction
    private let workspace: String

    package init(transaction: any Transaction, workspace: String) {
        self.transaction = transaction
        self.workspace = workspace
    }

    package func runs(_ runs: [Retired]) throws {
        let ids = runs.map(\.id)
        for table in ["run_input", "run_model", "run_tag", "param", "latest_metric"] {
            try execute("DELETE FROM \(table) WHERE run IN", ids)
        }
        try execute("DELETE FROM trace_link WHERE workspace = ? AND kind = 'run' AND target IN", ids, before: [.text(workspace)])
        try forget("run", ids)
        try execute("DELETE FROM run WHERE id IN", ids)
        try enqueue("run", runs)
    }

    package func loggedModels(_ models: [Retired]) throws {
        let ids = models.map(\.id)
        for table in ["run_model", "logged_model_metric", "logged_model_tag", "logged_model_param"] {
            try execute("DELETE FROM \(table) WHERE model IN", ids)
        }
        try forget("logged-model", ids)
        try execute("DELETE FROM logged_model WHERE id IN", ids)
        try enqueue("logged-model", models)
    }

    /// Leaves of a trace that it was there, as every deletion of traces does.
    package func traces(_ traces: [Retired]) throws {
        try TraceTable(transaction: transaction, workspace: workspace).delete(traces.map(\.key))
        try enqueue("trace", traces)
    }

    /// An experiment of which nothing is left.
    package func experiment(_ id: Int64) throws {
        let keys = try transaction.rows("SELECT key FROM trace WHERE workspace = ? AND experiment = ?", workspace, id).map {
            try $0["key"] as String
        }
        try execute("DELETE FROM trace WHERE key IN", keys)
        for table in ["experiment_tag", "input_dataset"] { try transaction.execute("DELETE FROM \(table) WHERE experiment = ?", id) }
        try transaction.execute("DELETE FROM retention_policy WHERE workspace = ? AND experiment = ?", workspace, id)
        try forget("experiment", [String(id)])
        try transaction.execute("DELETE FROM experiment WHERE id = ?", id)
    }

    /// Puts runs away; they can be restored until they are purged.
    package func putAway(_ runs: [Retired], at time: Timestamp) throws {
        try execute("UPDATE run SET lifecycle = 'deleted', deleted = ? WHERE id IN", runs.map(\.id), before: [time.databaseValue])
    }

    /// Frees some of what purged things left.
    ///
    /// - Returns: What was freed; nil when there was nothing.
    package func free() throws -> (points: Int, files: Int, bytes: Int64)? {
        var freed: (points: Int, files: Int, bytes: Int64) = (0, 0, 0)
        var hasFreed = false
        while freed.points < Self.budget.points, freed.files < Self.budget.files {
            guard let row = try transaction.row("SELECT * FROM purged WHERE workspace = ? ORDER BY kind, id LIMIT 1", workspace) else {
                break
            }
            hasFreed = true
            let (kind, id, folder): (String, String, String?) = (try row["kind"], try row["id"], try row["folder"])
            if kind == "run" { freed.points += try points(of: id, limit: Self.budget.points - freed.points) }
            guard freed.points < Self.budget.points else { break }
            if let folder {
                let files = try files(below: try ArtifactPath(folder), limit: Self.budget.files - freed.files)
                (freed.files, freed.bytes) = (freed.files + files.count, freed.bytes + files.bytes)
            }
            guard freed.files < Self.budget.files else { break }
            try transaction.execute("DELETE FROM purged WHERE workspace = ? AND kind = ? AND id = ?", workspace, kind, id)
        }
        return hasFreed ? freed : nil
    }

    /// Deletes about `limit` points, whole steps at a time.
    private func points(of run: String, limit: Int) throws -> Int {
        var deleted = 0
        while deleted < limit {
            guard
                let first = try transaction.row("SELECT key FROM metric WHERE run = ? ORDER BY key LIMIT 1", run)
            else { return deleted }
            let key: String = try first["key"]
            let last = try transaction.row(
                "SELECT step FROM metric WHERE run = ? AND key = ? ORDER BY step LIMIT 1 OFFSET \(limit - deleted)", run, key)
            if let last {
                let step: Int64 = try last["step"]
                deleted += try transaction.execute("DELETE FROM metric WHERE run = ? AND key = ? AND step <= ?", run, key, step)
            } else {
                deleted += try transaction.execute("DELETE FROM metric WHERE run = ? AND key = ?", run, key)
            }
        }
        return deleted
    }

    private func files(below folder: ArtifactPath, limit: Int) throws -> (count: Int, bytes: Int64) {
        let table = ArtifactTable(transaction: transaction, workspace: workspace)
        let files = try table.someFiles(below: folder, limit: limit)
        for file in files {
            try table.delete(file.path)
            try BlobReferenceTable(transaction: transaction).release(by: ArtifactStore.holder(of: file.path, in: workspace))
        }
        return (files.count, files.reduce(0) { $0 + $1.size })
    }

    /// An import that brings the same again finds it gone.
    private func forget(_ kind: String, _ ids: [String]) throws {
        try execute(
            """
            DELETE FROM imported WHERE import IN (SELECT id FROM import WHERE workspace = ?) AND kind = ? AND target IN
            """, ids, before: [.text(workspace), .text(kind)])
    }

    private func enqueue(_ kind: String, _ things: [Retired]) throws {
        try transaction.insert(
            into: "purged (workspace, kind, id, folder)",
            rows: things.map { [.text(workspace), .text(kind), .text($0.id), $0.folder.map { .text($0) } ?? .null] },
            "ON CONFLICT (workspace, kind, id) DO NOTHING")
    }

    private func execute(_ sql: String, _ ids: [String], before: [DatabaseValue] = []) throws {
        for start in stride(from: 0, to: ids.count, by: 200) {
            let some = ids[start..<min(start + 200, ids.count)]
            try transaction.execute("\(sql) (\(some.map { _ in "?" }.joined(separator: ", ")))", values: before + some.map(\.databaseValue))
        }
    }
}
