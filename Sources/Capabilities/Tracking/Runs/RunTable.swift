// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

struct RunTable {
    static let space = SearchSpace(
        noun: "run", table: "run",
        attributes: [
            "run_id": .init("run.id", .text), "run_name": .init("run.name", .text), "run name": .init("run.name", .text),
            "experiment_id": .init("run.experiment", .integer), "status": .init("run.status", .text),
            "user_id": .init("run.author", .text), "start_time": .init("run.started", .integer),
            "created": .init("run.started", .integer), "end_time": .init("run.ended", .integer, isNullable: true),
            "artifact_uri": .init("run.location", .text), "lifecycle_stage": .init("run.lifecycle", .text),
        ],
        facets: [
            .metric: .init("latest_metric", where: "facet.run = run.id", isNumeric: true),
            .param: .init("param", where: "facet.run = run.id"), .tag: .init("run_tag", where: "facet.run = run.id"),
        ],
        datasets: .init(
            """
            (SELECT run_input.run, run_input.context, input_dataset.name, input_dataset.digest
            FROM run_input JOIN input_dataset ON input_dataset.id = run_input.dataset) facet
            """, where: "facet.run = run.id"),
        defaultOrder: [SortTerm(SearchSubject(.attribute, "start_time"), isDescending: true)], identity: ["run_id"])

    let transaction: any Transaction
    let workspace: String

    var tags: TagTable { TagTable("run_tag", of: "run", in: transaction) }
    var params: TagTable { TagTable("param", of: "run", in: transaction) }
    var metrics: MetricTable { MetricTable(transaction: transaction) }

    func insert(_ run: Run) throws {
        try transaction.execute(
            """
            INSERT INTO run (id, workspace, experiment, name, author, status, started, ended, lifecycle, location)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            run.id, workspace, run.experiment, run.name, run.author, run.status, run.started, run.ended, run.lifecycle, run.location)
        try tags.set(run.tags, on: .text(run.id))
    }

    /// Over all workspaces. The id of a purged run is free once its points and files are gone.
    func isFree(_ id: String) throws -> Bool {
        try transaction.row("SELECT 1 AS one FROM run WHERE id = ?", id) == nil
            && transaction.row("SELECT 1 AS one FROM purged WHERE kind = 'run' AND id = ?", id) == nil
    }

    func update(_ run: Run) throws {
        try transaction.execute(
            """
            UPDATE run SET name = ?, status = ?, ended = ?, lifecycle = ?, deleted = CASE WHEN ? = 'active' THEN NULL ELSE deleted END
            WHERE id = ?
            """, run.name, run.status, run.ended, run.lifecycle, run.lifecycle, run.id)
    }

    /// Since when a run is put away.
    func setDeleted(_ id: String, at time: Timestamp) throws {
        try transaction.execute("UPDATE run SET deleted = ? WHERE id = ? AND lifecycle = 'deleted'", time, id)
    }

    /// The run alone, without what it logged.
    func find(_ id: String) throws -> Run? {
        try transaction.row("SELECT * FROM run WHERE id = ? AND workspace = ?", id, workspace).map(Self.decode)
    }

    func get(_ id: String) throws -> Run {
        guard let run = try find(id) else { throw Run.unknown(id) }
        return run
    }

    /// - Throws: `Problem` `.invalid` for a deleted run.
    func getActive(_ id: String) throws -> Run {
        let run = try get(id)
        guard run.lifecycle == .active else {
            throw Problem(
                .invalid, "tracking.run.deleted", "The run \(id) must be in the 'active' state. Current state is deleted.",
                fix: "Restore it first.")
        }
        return run
    }

    /// Adds what the runs logged and used, in a fixed number of statements per 200 runs.
    func complete(_ runs: inout [Run]) throws {
        let ids = runs.map(\.id)
        let params = try params.tags(of: ids)
        let tags = try tags.tags(of: ids)
        let metrics = try metrics.latest(of: ids)
        let links = RunLinkTable(transaction: transaction)
        let inputs = try links.inputs(of: ids)
        let models = try links.models(of: ids)
        for index in runs.indices {
            let id = runs[index].id
            runs[index].params = params[id] ?? []
            runs[index].tags = tags[id] ?? []
            runs[index].metrics = metrics[id] ?? []
            runs[index].inputs = inputs[id] ?? []
            runs[index].models = models[id] ?? []
        }
    }

    /// Writes params that are new.
    ///
    /// - Throws: `Problem` `.invalid` when one has another value already; a param is what the run began with.
    func setParams(_ params: [Tag], of id: String) throws {
        guard !params.isEmpty else { return }
        var known: [String: String] = [:]
        if params.count == 1 {
            if let row = try transaction.row("SELECT value FROM param WHERE run = ? AND key = ?", id, params[0].key) {
                known[params[0].key] = try row["value"]
            }
        } else {
            for param in try self.params.tags(of: .text(id)) { known[param.key] = param.value }
        }
        var added: [[DatabaseValue]] = []
        for param in params {
            guard let value = known[param.key] else {
                known[param.key] = param.value
                added.append([.text(id), .text(param.key), .text(param.value)])
                continue
            }
            guard value == param.value else {
                throw Problem(
                    .invalid, "tracking.param.immutable",
                    "Changing param values is not allowed. Param with key='\(param.key.printable)' was already logged with value='\(value.printable)' for run ID='\(id)'. Attempted logging new value '\(param.value.printable)'.",
                    fix: "Log it under another key, or begin a new run.")
            }
        }
        try transaction.insert(into: "param (run, key, value)", rows: added)
    }

    static func decode(_ row: Row) throws -> Run {
        Run(
            id: try row["id"], experiment: try row["experiment"], name: try row["name"], author: try row["author"],
            status: try row["status"], started: try row["started"], ended: try row["ended"], lifecycle: try row["lifecycle"],
            location: try row["location"])
    }
}
