// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import Testing

@testable import Tracking

/// Things as a source has them.
enum Imported {
    static let time = Timestamp(milliseconds: 1_600_000_000_000)

    /// An experiment with a run that made a logged model.
    static func content() -> ImportedTracking {
        var content = ImportedTracking()
        content.experiments = [experiment("42", "flights")]
        content.loggedModels = [model("m-1", in: "42")]
        content.runs = [run("run-1", in: "42")]
        content.runs[0].content.models = [RunModel(model: "m-1", direction: .output, step: 3)]
        let dataset = InputDataset(name: "days", digest: "d1", sourceType: "local", source: "{}", schema: nil, profile: nil)
        content.runs[0].content.inputs = [RunInput(dataset: dataset, tags: [Tag("a", "b")], context: "training")]
        content.metrics = [
            ("run-1", [Metric("loss", 0.5, time: time, step: 0), Metric("loss", 0.25, time: time, step: 1)])
        ]
        return content
    }

    static func experiment(_ origin: String, _ name: String) -> ImportedExperiment {
        ImportedExperiment(
            origin: origin, name: name, place: nil, lifecycle: .active, created: time, updated: time, tags: [Tag("team", "b")])
    }

    static func run(_ id: String, in experiment: String) -> ImportedMember<Run> {
        ImportedMember(
            experiment: experiment, place: nil,
            content: Run(
                id: id, experiment: 0, name: "a run", author: "amina", status: .finished, started: time, ended: time, lifecycle: .active,
                location: .stored(.root), params: [Tag("rate", "0.1")]))
    }

    static func model(_ id: String, in experiment: String) -> ImportedMember<LoggedModel> {
        ImportedMember(
            experiment: experiment, place: nil,
            content: LoggedModel(
                id: id, experiment: 0, name: "net", type: nil, run: "run-1", status: .ready, statusMessage: nil, lifecycle: .active,
                location: .stored(.root), created: time, updated: time, params: [Tag("depth", "4")], tags: [Tag("a", "b")]))
    }

    static func artifact(_ blob: BlobInfo) throws -> ImportedArtifact {
        ImportedArtifact(owner: .run("run-1"), path: try ArtifactPath("w.bin"), blob: blob, contentType: nil)
    }
}

extension TrackingWorld {
    /// Stores a part of an import from a source, begun where it is new.
    func store(_ content: ImportedTracking, from source: String = "sqlite:///there", by caller: Caller? = nil) async throws {
        _ = try await governor.change(.importRun, by: caller ?? self.caller) { change in
            let table = ImportTable(transaction: change.transaction, workspace: change.workspace)
            let item: Import
            if let known = try table.find(source: source) {
                item = known
            } else {
                item = Import(id: change.newIdentifier(), source: source, state: .running, begun: change.time, updated: change.time)
                try table.insert(item)
            }
            try TrackingImport(item, in: change).store(content)
            return Nothing()
        }
    }

    /// Why a part is not stored.
    func refusal(
        of content: ImportedTracking, from source: String = "sqlite:///there", by caller: Caller? = nil
    ) async throws -> Problem {
        try await #require(throws: Problem.self) { try await store(content, from: source, by: caller) }
    }

    /// How many rows each table has of what imports store.
    func rows() async throws -> [String: Int] {
        try await governor.database.read { transaction in
            var counts: [String: Int] = [:]
            let tables = [
                "run", "param", "run_tag", "metric", "latest_metric", "logged_model", "logged_model_param", "logged_model_tag", "run_input",
                "input_dataset", "run_model", "artifact", "artifact_folder", "blob_reference", "imported", "experiment_tag",
            ]
            for table in tables {
                counts[table] = try transaction.row("SELECT COUNT(*) AS count FROM \(table)").map { try $0["count"] }
            }
            return counts
        }
    }
}
