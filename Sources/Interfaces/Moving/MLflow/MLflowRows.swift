// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
import Foundation

/// Rows of a stock MLflow database as records.
struct MLflowRows {
    private let transaction: any Transaction

    init(_ transaction: any Transaction) {
        self.transaction = transaction
    }

    func tags(_ table: String, _ owner: String, _ id: DatabaseValue) throws -> [TagBody] {
        try transaction.rows("SELECT key, value FROM \(table) WHERE \(owner) = ? ORDER BY key", values: [id]).map { row in
            TagBody(key: try row["key"], value: try row["value"] ?? "")
        }
    }

    func run(_ row: Row) throws -> RunRecord {
        let id: String = try row["run_uuid"]
        let experiment: Int64 = try row["experiment_id"]
        let tags = try tags("tags", "run_uuid", .text(id))
        let name: String? = try row["name"]
        return RunRecord(
            id: id, experiment: String(experiment), name: name ?? tags.first { $0.key == "mlflow.runName" }?.value ?? id,
            author: try row["user_id"] ?? "", status: try row["status"] ?? "FINISHED", lifecycle: try row["lifecycle_stage"] ?? "active",
            started: try row["start_time"] ?? 0, ended: try row["end_time"], place: ArtifactRoot.place(try row["artifact_uri"]),
            params: try self.tags("params", "run_uuid", .text(id)), tags: tags, inputs: try inputs(of: id), models: try models(of: id))
    }

    func pointCount(of run: String) throws -> Int64 {
        try transaction.row("SELECT COUNT(*) AS count FROM metrics WHERE run_uuid = ?", run)?["count"] ?? 0
    }

    /// A point after which more of a run's are read.
    struct Place: Codable {
        var run: String
        var key: String
        var time: Int64
        var step: Int64
        var bits: UInt64
        var isNaN: Int64

        init(run: String, key: String, time: Int64, step: Int64, bits: UInt64, isNaN: Int64) {
            self.run = run
            self.key = key
            self.time = time
            self.step = step
            self.bits = bits
            self.isNaN = isNaN
        }

        init(parsing text: String) throws {
            self = try JSONDecoder().decode(Place.self, from: Data(text.utf8))
        }
    }

    /// Points of a run in the order of its primary key, and the place of the last when there are more.
    func series(of run: String, after place: Place?, limit: Int) throws -> (records: [SeriesRecord], next: String?) {
        var sql = "SELECT key, value, timestamp, step, CAST(is_nan AS INTEGER) AS nan FROM metrics WHERE run_uuid = ?"
        var values: [DatabaseValue] = [.text(run)]
        if let place {
            sql += " AND (key, timestamp, step, value, CAST(is_nan AS INTEGER)) > (?, ?, ?, ?, CAST(? AS INTEGER))"
            values += [
                .text(place.key), .integer(place.time), .integer(place.step), .real(Double(bitPattern: place.bits)), .integer(place.isNaN),
            ]
        }
        sql += " ORDER BY key, timestamp, step, value, CAST(is_nan AS INTEGER) LIMIT \(limit)"
        var records: [SeriesRecord] = []
        var last: Place?
        var count = 0
        try transaction.forEachRow(sql, values: values) { row in
            let point = Place(
                run: run, key: try row["key"], time: try row["timestamp"], step: try row["step"],
                bits: (try row["value"] as Double).bitPattern, isNaN: try row["nan"])
            if records.last?.key != point.key { records.append(SeriesRecord(run: run, key: point.key, steps: [], times: [], values: [])) }
            records[records.count - 1].steps.append(point.step)
            records[records.count - 1].times.append(point.time)
            records[records.count - 1].values.append(point.isNaN == 1 ? nil : Double(bitPattern: point.bits))
            last = point
            count += 1
        }
        guard count == limit, let last else { return (records, nil) }
        return (records, String(decoding: try JSONEncoder().encode(last), as: UTF8.self))
    }

    private func inputs(of run: String) throws -> [RunInputRecord] {
        try transaction.rows(
            """
            SELECT inputs.input_uuid, datasets.name, datasets.digest, datasets.dataset_source_type, datasets.dataset_source,
            datasets.dataset_schema, datasets.dataset_profile
            FROM inputs JOIN datasets ON datasets.dataset_uuid = inputs.source_id
            WHERE inputs.source_type = 'DATASET' AND inputs.destination_type = 'RUN' AND inputs.destination_id = ?
            ORDER BY datasets.name, datasets.digest
            """, run
        ).map { row in
            let id: String = try row["input_uuid"]
            let tags = try transaction.rows("SELECT name, value FROM input_tags WHERE input_uuid = ? ORDER BY name", id).map {
                TagBody(key: try $0["name"], value: try $0["value"])
            }
            return RunInputRecord(
                name: try row["name"], digest: try row["digest"], sourceType: try row["dataset_source_type"],
                source: try row["dataset_source"], schema: try row["dataset_schema"], profile: try row["dataset_profile"],
                context: tags.first { $0.key == "mlflow.data.context" }?.value, tags: tags)
        }
    }

    private func models(of run: String) throws -> [RunModelRecord] {
        try transaction.rows(
            """
            SELECT source_type, destination_id, step FROM inputs
            WHERE source_id = ? AND source_type IN ('RUN_INPUT', 'RUN_OUTPUT') ORDER BY source_type, destination_id
            """, run
        ).map { row in
            let type: String = try row["source_type"]
            return RunModelRecord(
                model: try row["destination_id"], direction: type == "RUN_INPUT" ? "input" : "output", step: try row["step"])
        }
    }

    func loggedModel(_ row: Row) throws -> LoggedModelRecord {
        let id: String = try row["model_id"]
        let experiment: Int64 = try row["experiment_id"]
        let status: Int64 = try row["status"]
        func pairs(_ noun: String) throws -> [TagBody] {
            try transaction.rows(
                "SELECT \(noun)_key AS key, \(noun)_value AS value FROM logged_model_\(noun)s WHERE model_id = ? ORDER BY \(noun)_key", id
            ).map { TagBody(key: try $0["key"], value: try $0["value"]) }
        }
        return LoggedModelRecord(
            id: id, experiment: String(experiment), name: try row["name"], type: try row["model_type"], run: try row["source_run_id"],
            status: status == 2 ? "LOGGED_MODEL_READY" : status == 3 ? "LOGGED_MODEL_UPLOAD_FAILED" : "LOGGED_MODEL_PENDING",
            statusMessage: try row["status_message"], lifecycle: try row["lifecycle_stage"] ?? "active",
            place: ArtifactRoot.place(try row["artifact_location"]), created: try row["creation_timestamp_ms"],
            updated: try row["last_updated_timestamp_ms"], params: try pairs("param"), tags: try pairs("tag"), metrics: try metrics(of: id))
    }

    /// The latest of each series by each run.
    private func metrics(of model: String) throws -> [LoggedModelMetricRecord] {
        var latest: [String: LoggedModelMetricRecord] = [:]
        try transaction.forEachRow(
            "SELECT * FROM logged_model_metrics WHERE model_id = ? ORDER BY metric_step, metric_timestamp_ms", values: [.text(model)]
        ) { row in
            let record = LoggedModelMetricRecord(
                key: try row["metric_name"], run: try row["run_id"], step: try row["metric_step"], time: try row["metric_timestamp_ms"],
                value: try row["metric_value"], datasetName: try row["dataset_name"], datasetDigest: try row["dataset_digest"])
            latest[record.key + "\n" + record.run] = record
        }
        return latest.sorted { $0.key < $1.key }.map(\.value)
    }

    func registeredModel(_ row: Row, workspace: String, prefix: String) throws -> RegisteredModelRecord {
        let name: String = try row["name"]
        let created: Int64 = try row["creation_time"] ?? 0
        let tags = try transaction.rows(
            "SELECT key, value FROM registered_model_tags WHERE workspace = ? AND name = ? ORDER BY key", workspace, name
        ).map { TagBody(key: try $0["key"], value: try $0["value"] ?? "") }
        let aliases = try transaction.rows(
            "SELECT alias, version FROM registered_model_aliases WHERE workspace = ? AND name = ? ORDER BY alias", workspace, name
        ).map { AliasAnswer(alias: try $0["alias"], version: try $0["version"]) }
        return RegisteredModelRecord(
            name: prefix + name, description: try row["description"], created: created, updated: try row["last_updated_time"] ?? created,
            tags: tags, aliases: aliases)
    }

    /// Without those that were deleted: their rows stay in the source, emptied.
    func versions(of model: String, workspace: String, prefix: String) throws -> [VersionRecord] {
        try transaction.rows(
            """
            SELECT * FROM model_versions
            WHERE workspace = ? AND name = ? AND COALESCE(current_stage, 'None') <> 'Deleted_Internal' ORDER BY version
            """, workspace, model
        ).map { row in
            let number: Int64 = try row["version"]
            let created: Int64 = try row["creation_time"] ?? 0
            let source: String? = try row["source"]
            let run: String? = try row["run_id"]
            let folder = VersionFolder.find(source, try row["storage_location"], run: run)
            let isHere = try folder.map { try exists($0) } ?? false
            let tags = try transaction.rows(
                "SELECT key, value FROM model_version_tags WHERE workspace = ? AND name = ? AND version = ? ORDER BY key", workspace, model,
                number
            ).map { TagBody(key: try $0["key"], value: try $0["value"] ?? "") }
            return VersionRecord(
                model: prefix + model, version: number, author: try row["user_id"], created: created,
                updated: try row["last_updated_time"] ?? created, description: try row["description"],
                environment: (try row["current_stage"] ?? "None").lowercased(), source: VersionFolder.portable(source), run: run,
                runLink: try row["run_link"],
                loggedModel: folder?.loggedModel, tags: tags, files: [], artifacts: isHere ? folder : nil)
        }
    }

    private func exists(_ folder: ArtifactFolderRecord) throws -> Bool {
        if let run = folder.run { return try transaction.row("SELECT 1 AS one FROM runs WHERE run_uuid = ?", run) != nil }
        return try transaction.row("SELECT 1 AS one FROM logged_models WHERE model_id = ?", folder.loggedModel) != nil
    }
}

/// Which folder of a run or logged model a version was made from, by the texts the database has of it.
enum VersionFolder {
    static func find(_ source: String?, _ storage: String?, run: String?) -> ArtifactFolderRecord? {
        for text in [source, storage].compactMap(\.self) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
            if text.hasPrefix("runs:/"), parts.count >= 2 { return folder(run: parts[1], parts.dropFirst(2)) }
            if text.hasPrefix("models:/"), parts.count == 2, parts[1].hasPrefix("m-") { return folder(model: parts[1], []) }
            if let index = parts.lastIndex(of: "artifacts"), index > 0 {
                let owner = parts[index - 1]
                if owner.hasPrefix("m-") { return folder(model: owner, parts[(index + 1)...]) }
                if owner == run { return folder(run: owner, parts[(index + 1)...]) }
            }
        }
        return nil
    }

    /// The source unless it is a path of another machine's disk.
    static func portable(_ source: String?) -> String? {
        guard let source, source.contains(":/"), !source.hasPrefix("file:"), !source.hasPrefix("mlflow-artifacts:") else { return nil }
        return source
    }

    private static func folder(run: String, _ path: some Sequence<String>) -> ArtifactFolderRecord {
        ArtifactFolderRecord(run: run, path: path.joined(separator: "/"))
    }

    private static func folder(model: String, _ path: some Sequence<String>) -> ArtifactFolderRecord {
        ArtifactFolderRecord(loggedModel: model, path: path.joined(separator: "/"))
    }
}
