// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

struct LoggedModelTable {
    static let space = SearchSpace(
        noun: "logged model", table: "logged_model",
        attributes: [
            "model_id": .init("logged_model.id", .text), "name": .init("logged_model.name", .text),
            "model_type": .init("logged_model.type", .text, isNullable: true), "status": .init("logged_model.status", .text),
            "source_run_id": .init("logged_model.run", .text, isNullable: true),
            "experiment_id": .init("logged_model.experiment", .integer),
            "creation_timestamp": .init("logged_model.created", .integer), "creation_time": .init("logged_model.created", .integer),
            "last_updated_timestamp": .init("logged_model.updated", .integer), "last_updated_time": .init("logged_model.updated", .integer),
        ],
        facets: [
            .metric: .init(
                "logged_model_metric", where: "facet.model = logged_model.id", isNumeric: true,
                sortingTable: "(SELECT model, key, MAX(value) AS value, MAX(is_nan) AS is_nan FROM logged_model_metric GROUP BY model, key)"
            ),
            .param: .init("logged_model_param", where: "facet.model = logged_model.id"),
            .tag: .init("logged_model_tag", where: "facet.model = logged_model.id"),
        ],
        defaultOrder: [SortTerm(SearchSubject(.attribute, "creation_timestamp"), isDescending: true)], identity: ["model_id"])

    let transaction: any Transaction
    let workspace: String

    var tags: TagTable { TagTable("logged_model_tag", of: "model", in: transaction) }
    var params: TagTable { TagTable("logged_model_param", of: "model", in: transaction) }

    func insert(_ model: LoggedModel) throws {
        try transaction.execute(
            """
            INSERT INTO logged_model
            (id, workspace, experiment, name, type, run, status, status_message, lifecycle, location, created, updated)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            model.id, workspace, model.experiment, model.name, model.type, model.run, model.status, model.statusMessage, model.lifecycle,
            model.location, model.created, model.updated)
        try params.set(model.params, on: .text(model.id))
        try tags.set(model.tags, on: .text(model.id))
    }

    /// Over all workspaces.
    func isFree(_ id: String) throws -> Bool {
        try transaction.row("SELECT 1 AS one FROM logged_model WHERE id = ?", id) == nil
            && transaction.row("SELECT 1 AS one FROM purged WHERE kind = 'logged-model' AND id = ?", id) == nil
    }

    func update(_ model: LoggedModel) throws {
        try transaction.execute(
            """
            UPDATE logged_model SET status = ?, status_message = ?, lifecycle = ?, updated = ?,
            deleted = CASE WHEN ? = 'active' THEN NULL ELSE deleted END WHERE id = ?
            """, model.status, model.statusMessage, model.lifecycle, model.updated, model.lifecycle, model.id)
    }

    /// Since when a model is put away.
    func setDeleted(_ id: String, at time: Timestamp) throws {
        try transaction.execute("UPDATE logged_model SET deleted = ? WHERE id = ? AND lifecycle = 'deleted'", time, id)
    }

    /// The model alone; what is deleted is not found.
    func get(_ id: String) throws -> LoggedModel {
        let row = try transaction.row("SELECT * FROM logged_model WHERE id = ? AND workspace = ? AND lifecycle = 'active'", id, workspace)
        guard let row else { throw LoggedModel.unknown(id) }
        return try Self.decode(row)
    }

    /// Also of a deleted one.
    func location(of id: String) throws -> ArtifactLocation? {
        try transaction.row("SELECT location FROM logged_model WHERE id = ? AND workspace = ?", id, workspace).map { try $0["location"] }
    }

    func complete(_ models: inout [LoggedModel]) throws {
        let ids = models.map(\.id)
        let params = try params.tags(of: ids)
        let tags = try tags.tags(of: ids)
        var metrics: [String: [LoggedModel.ModelMetric]] = [:]
        try transaction.forEachRow(
            "SELECT * FROM logged_model_metric WHERE model IN", anyOf: ids.map(\.databaseValue), "ORDER BY model, key, run"
        ) { row in
            var metric = try MetricTable.decode(row)
            metric.model = try row["model"]
            metric.datasetName = try row["dataset_name"]
            metric.datasetDigest = try row["dataset_digest"]
            metrics[try row["model"], default: []].append(LoggedModel.ModelMetric(metric: metric, run: try row["run"]))
        }
        for index in models.indices {
            let id = models[index].id
            models[index].params = params[id] ?? []
            models[index].tags = tags[id] ?? []
            models[index].metrics = metrics[id] ?? []
        }
    }

    /// Keeps, for the models the metrics speak of, the latest value per key and run.
    func log(_ metrics: [Metric], from run: String) throws {
        var latest: [String: Metric] = [:]
        for metric in metrics {
            guard let model = metric.model else { continue }
            let name = model + "\n" + metric.key
            if let other = latest[name], (other.step, other.time) > (metric.step, metric.time) { continue }
            latest[name] = metric
        }
        for model in Set(latest.values.compactMap(\.model)) { _ = try get(model) }
        try store(Array(latest.values), from: run)
    }

    /// Keeps points of distinct keys unless a later one is there.
    func store(_ metrics: [Metric], from run: String) throws {
        try transaction.insert(
            into: "logged_model_metric (model, key, run, step, time, value, is_nan, dataset_name, dataset_digest)",
            rows: metrics.map { metric in
                [
                    (metric.model ?? "").databaseValue, .text(metric.key), .text(run), .integer(metric.step), metric.time.databaseValue,
                    MetricTable.stored(metric.value), metric.value.isNaN.databaseValue, metric.datasetName?.databaseValue ?? .null,
                    metric.datasetDigest?.databaseValue ?? .null,
                ]
            },
            """
            ON CONFLICT (model, key, run) DO UPDATE SET step = excluded.step, time = excluded.time, value = excluded.value,
            is_nan = excluded.is_nan, dataset_name = excluded.dataset_name, dataset_digest = excluded.dataset_digest
            WHERE excluded.step > logged_model_metric.step
            OR (excluded.step = logged_model_metric.step AND excluded.time >= logged_model_metric.time)
            """)
    }

    static func decode(_ row: Row) throws -> LoggedModel {
        LoggedModel(
            id: try row["id"], experiment: try row["experiment"], name: try row["name"], type: try row["type"], run: try row["run"],
            status: try row["status"], statusMessage: try row["status_message"], lifecycle: try row["lifecycle"],
            location: try row["location"], created: try row["created"], updated: try row["updated"])
    }
}
