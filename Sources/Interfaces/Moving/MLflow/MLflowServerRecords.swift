// SPDX-License-Identifier: Apache-2.0

import API
import Domain

// Answers of a server that speaks MLflow's protocol, as records of an import.

extension ExperimentRecord {
    init?(_ value: JSONValue, prefix: String) {
        guard let id = value["experiment_id"]?.text, let name = value["name"]?.text else { return nil }
        self.init(
            id: id, name: prefix + name, lifecycle: value["lifecycle_stage"]?.text ?? "active", created: value["creation_time"]?.whole ?? 0,
            updated: value["last_update_time"]?.whole ?? 0, place: ArtifactRoot.place(value["artifact_location"]?.text),
            tags: value["tags"].pairs)
    }
}

extension RunRecord {
    /// Without links to logged models.
    init?(_ value: JSONValue) {
        guard let info = value["info"], let id = info["run_id"]?.text ?? info["run_uuid"]?.text,
            let experiment = info["experiment_id"]?.text
        else { return nil }
        let tags = value["data"]?["tags"].pairs ?? []
        let inputs = (value["inputs"]?["dataset_inputs"]?.array ?? []).compactMap { RunInputRecord($0) }
        self.init(
            id: id, experiment: experiment,
            name: info["run_name"]?.text ?? tags.first { $0.key == "mlflow.runName" }?.value ?? id, author: info["user_id"]?.text ?? "",
            status: info["status"]?.text ?? "FINISHED", lifecycle: info["lifecycle_stage"]?.text ?? "active",
            started: info["start_time"]?.whole ?? 0, ended: info["end_time"]?.whole, place: ArtifactRoot.place(info["artifact_uri"]?.text),
            params: value["data"]?["params"].pairs ?? [], tags: tags, inputs: inputs, models: [])
    }

    /// Ids of logged models that a run read and made.
    static func links(_ value: JSONValue) -> [RunModelRecord] {
        let inputs = (value["inputs"]?["model_inputs"]?.array ?? []).compactMap { link in
            link["model_id"]?.text.map { RunModelRecord(model: $0, direction: "input", step: link["step"]?.whole ?? 0) }
        }
        let outputs = (value["outputs"]?["model_outputs"]?.array ?? []).compactMap { link in
            link["model_id"]?.text.map { RunModelRecord(model: $0, direction: "output", step: link["step"]?.whole ?? 0) }
        }
        return inputs + outputs
    }
}

extension RunInputRecord {
    fileprivate init?(_ value: JSONValue) {
        guard let dataset = value["dataset"], let name = dataset["name"]?.text, let digest = dataset["digest"]?.text else { return nil }
        let tags = value["tags"].pairs
        self.init(
            name: name, digest: digest, sourceType: dataset["source_type"]?.text ?? "", source: dataset["source"]?.text ?? "",
            schema: dataset["schema"]?.text, profile: dataset["profile"]?.text,
            context: tags.first { $0.key == "mlflow.data.context" }?.value, tags: tags)
    }
}

extension SeriesRecord {
    init(_ points: [JSONValue], _ key: String, of run: String) {
        self.init(
            run: run, key: key, steps: points.map { $0["step"]?.whole ?? 0 }, times: points.map { $0["timestamp"]?.whole ?? 0 },
            values: points.map { $0["value"]?.float })
    }
}

extension LoggedModelRecord {
    init?(_ value: JSONValue) {
        guard let info = value["info"], let id = info["model_id"]?.text, let experiment = info["experiment_id"]?.text else { return nil }
        var latest: [String: LoggedModelMetricRecord] = [:]
        for point in value["data"]?["metrics"]?.array ?? [] {
            guard let key = point["key"]?.text, let run = point["run_id"]?.text else { continue }
            let record = LoggedModelMetricRecord(
                key: key, run: run, step: point["step"]?.whole ?? 0, time: point["timestamp"]?.whole ?? 0, value: point["value"]?.float,
                datasetName: point["dataset_name"]?.text, datasetDigest: point["dataset_digest"]?.text)
            let name = key + "\n" + run
            if let other = latest[name], (other.step, other.time) > (record.step, record.time) { continue }
            latest[name] = record
        }
        let created = info["creation_timestamp_ms"]?.whole ?? 0
        self.init(
            id: id, experiment: experiment, name: info["name"]?.text ?? "", type: info["model_type"]?.text,
            run: info["source_run_id"]?.text,
            status: info["status"]?.text ?? "LOGGED_MODEL_READY", statusMessage: info["status_message"]?.text, lifecycle: "active",
            place: ArtifactRoot.place(info["artifact_uri"]?.text), created: created,
            updated: info["last_updated_timestamp_ms"]?.whole ?? created, params: value["data"]?["params"].pairs ?? [],
            tags: info["tags"].pairs, metrics: latest.sorted { $0.key < $1.key }.map(\.value))
    }
}

extension RegisteredModelRecord {
    init?(_ value: JSONValue, prefix: String) {
        guard let name = value["name"]?.text else { return nil }
        let created = value["creation_timestamp"]?.whole ?? 0
        let aliases = (value["aliases"]?.array ?? []).compactMap { alias in
            alias["alias"]?.text.flatMap { name in alias["version"]?.whole.map { AliasAnswer(alias: name, version: $0) } }
        }
        self.init(
            name: prefix + name, description: value["description"]?.text, created: created,
            updated: value["last_updated_timestamp"]?.whole ?? created, tags: value["tags"].pairs, aliases: aliases)
    }
}

extension VersionRecord {
    init?(_ value: JSONValue, prefix: String) {
        guard let model = value["name"]?.text, let number = value["version"]?.whole else { return nil }
        let created = value["creation_timestamp"]?.whole ?? 0
        let source = value["source"]?.text
        let run = value["run_id"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        let folder = VersionFolder.find(source, nil, run: run)
        self.init(
            model: prefix + model, version: number, author: value["user_id"]?.text, created: created,
            updated: value["last_updated_timestamp"]?.whole ?? created, description: value["description"]?.text,
            environment: (value["current_stage"]?.text ?? "None").lowercased(), source: VersionFolder.portable(source), run: run,
            runLink: value["run_link"]?.text.flatMap { $0.isEmpty ? nil : $0 }, loggedModel: folder?.loggedModel, tags: value["tags"].pairs,
            files: [], artifacts: folder)
    }
}

extension JSONValue? {
    /// Tags and params: lists of key and value.
    fileprivate var pairs: [TagBody] {
        (self?.array ?? []).compactMap { pair in pair["key"]?.text.map { TagBody(key: $0, value: pair["value"]?.text ?? "") } }
    }
}
