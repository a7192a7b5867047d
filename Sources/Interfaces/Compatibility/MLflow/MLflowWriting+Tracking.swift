// SPDX-License-Identifier: Apache-2.0

import Domain
import Tracking

/// Experiments, runs and logged models in MLflow's words.
extension JSONWriter {
    mutating func write(_ experiment: Experiment) {
        member("experiment_id", String(experiment.id))
        member("name", experiment.name)
        member("artifact_location", ArtifactURI.text(of: experiment.location))
        member("lifecycle_stage", experiment.lifecycle.rawValue)
        if experiment.created.milliseconds > 0 { member("creation_time", experiment.created.milliseconds) }
        if experiment.updated.milliseconds > 0 { member("last_update_time", experiment.updated.milliseconds) }
        write("tags", experiment.tags)
    }

    mutating func write(_ run: Run) {
        member("info") { $0.writeInfo(run) }
        member("data") { writer in
            writer.member("metrics", objects: run.metrics) { metric, writer in writer.write(metric) }
            writer.write("params", run.params)
            writer.write("tags", run.tags)
        }
        let inputs = run.models.filter { $0.direction == .input }
        member("inputs") { writer in
            writer.member("dataset_inputs", objects: run.inputs) { input, writer in
                writer.write("tags", input.tags)
                writer.member("dataset") { $0.write(input.dataset) }
            }
            writer.member("model_inputs", objects: inputs) { model, writer in writer.member("model_id", model.model) }
        }
        let outputs = run.models.filter { $0.direction == .output }
        guard !outputs.isEmpty else { return }
        member("outputs") { writer in
            writer.member("model_outputs", objects: outputs) { model, writer in
                writer.member("model_id", model.model)
                writer.member("step", model.step)
            }
        }
    }

    mutating func writeInfo(_ run: Run) {
        member("run_uuid", run.id)
        member("run_id", run.id)
        member("run_name", run.name)
        member("experiment_id", String(run.experiment))
        member("user_id", run.author)
        member("status", run.status.rawValue)
        member("start_time", run.started.milliseconds)
        member("end_time", run.ended?.milliseconds)
        member("artifact_uri", ArtifactURI.text(of: run.location))
        member("lifecycle_stage", run.lifecycle.rawValue)
    }

    mutating func write(_ metric: Metric, of run: String? = nil) {
        member("key", metric.key)
        member("value", metric.value)
        member("timestamp", metric.time.milliseconds)
        member("step", metric.step)
        member("run_id", run)
        member("model_id", metric.model)
        member("dataset_name", metric.datasetName)
        member("dataset_digest", metric.datasetDigest)
    }

    mutating func write(_ dataset: InputDataset) {
        member("name", dataset.name)
        member("digest", dataset.digest)
        member("source_type", dataset.sourceType)
        member("source", dataset.source)
        member("schema", dataset.schema)
        member("profile", dataset.profile)
    }

    mutating func write(_ model: LoggedModel) {
        member("info") { writer in
            writer.member("model_id", model.id)
            writer.member("experiment_id", String(model.experiment))
            writer.member("name", model.name)
            writer.member("creation_timestamp_ms", model.created.milliseconds)
            writer.member("last_updated_timestamp_ms", model.updated.milliseconds)
            writer.member("artifact_uri", ArtifactURI.text(of: model.location))
            writer.member("status", model.status.rawValue)
            writer.member("status_message", model.statusMessage)
            writer.member("model_type", model.type)
            writer.member("source_run_id", model.run)
            writer.write("tags", model.tags)
        }
        member("data") { writer in
            writer.write("params", model.params)
            writer.member("metrics", objects: model.metrics) { item, writer in writer.write(item.metric, of: item.run) }
        }
    }

    mutating func write(_ name: StaticString, _ tags: [Tag]) {
        member(name, objects: tags) { tag, writer in
            writer.member("key", tag.key)
            writer.member("value", tag.value)
        }
    }

    /// Files as MLflow lists them, with paths below `folder`.
    mutating func write(_ entries: [ArtifactEntry], below folder: ArtifactPath) {
        member("files", objects: entries) { entry, writer in writer.writeMembers(of: entry, below: folder) }
    }

    mutating func writeMembers(of entry: ArtifactEntry, below folder: ArtifactPath) {
        member("path", entry.path.relative(to: folder)?.text ?? entry.path.text)
        switch entry {
        case .folder: member("is_dir", true)
        case .file(let artifact):
            member("is_dir", false)
            member("file_size", artifact.size)
        }
    }
}
