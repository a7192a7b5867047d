// SPDX-License-Identifier: Apache-2.0

import API
import Backends
import Domain
import Foundation
import Registry
import Tracking

// Records of an import's part, as tracking and the registry know them.

extension ImportedTracking {
    init(_ body: ImportPartRequest) throws {
        self.init()
        experiments = try (body.experiments ?? []).map { record in
            ImportedExperiment(
                origin: record.id, name: record.name, place: try checked(place: record.place),
                lifecycle: try choice(record.lifecycle, "lifecycle"), created: Timestamp(milliseconds: record.created),
                updated: Timestamp(milliseconds: record.updated), tags: record.tags.map(Tag.init))
        }
        loggedModels = try (body.loggedModels ?? []).map { record in
            ImportedMember(experiment: record.experiment, place: try checked(place: record.place), content: try LoggedModel(record))
        }
        runs = try (body.runs ?? []).map { record in
            ImportedMember(experiment: record.experiment, place: try checked(place: record.place), content: try Run(record))
        }
        metrics = try (body.metrics ?? []).map { series in
            guard series.steps.count == series.times.count, series.steps.count == series.values.count else {
                throw Problem(
                    .invalid, "import.series.uneven", "Series '\(series.key.printable)' has lists of different lengths.",
                    fix: "Give as many steps and times as values.")
            }
            let points = series.steps.indices.map { index in
                Metric(
                    series.key, series.values[index] ?? .nan, time: Timestamp(milliseconds: series.times[index]), step: series.steps[index])
            }
            return (series.run, points)
        }
    }
}

extension ImportedRegistry {
    init(_ body: ImportPartRequest) throws {
        self.init()
        models = (body.models ?? []).map { record in
            var model = RegisteredModel(
                name: record.name, description: record.description, author: record.author ?? "",
                created: Timestamp(milliseconds: record.created), updated: Timestamp(milliseconds: record.updated))
            model.tags = record.tags.map(Tag.init)
            model.aliases = record.aliases.map { ModelAlias(alias: $0.alias, number: $0.version) }
            return model
        }
        versions = try (body.versions ?? []).map { record in
            let artifacts = try record.artifacts.map { folder in
                (owner: try ArtifactOwner(run: folder.run, loggedModel: folder.loggedModel), path: try ArtifactPath(folder.path))
            }
            return ImportedVersion(version: try ModelVersion(record), artifacts: artifacts)
        }
    }
}

extension ArtifactOwner {
    init(run: String?, loggedModel: String?) throws {
        switch (run, loggedModel) {
        case (let run?, nil): self = .run(run)
        case (nil, let model?): self = .loggedModel(model)
        default:
            throw Problem(
                .invalid, "import.artifact.owner", "An artifact belongs to a run or to a logged model.",
                fix: "Give either 'run' or 'loggedModel'.")
        }
    }
}

extension Run {
    fileprivate init(_ record: RunRecord) throws {
        self.init(
            id: record.id, experiment: 0, name: record.name, author: record.author, status: try choice(record.status, "status"),
            started: Timestamp(milliseconds: record.started), ended: record.ended.map { Timestamp(milliseconds: $0) },
            lifecycle: try choice(record.lifecycle, "lifecycle"), location: .stored(.root), params: record.params.map(Tag.init),
            tags: record.tags.map(Tag.init))
        inputs = record.inputs.map { input in
            let dataset = InputDataset(
                name: input.name, digest: input.digest, sourceType: input.sourceType, source: input.source, schema: input.schema,
                profile: input.profile)
            return RunInput(dataset: dataset, tags: input.tags.map(Tag.init), context: input.context)
        }
        models = try record.models.map { link in
            RunModel(model: link.model, direction: try choice(link.direction, "direction"), step: link.step)
        }
    }
}

extension LoggedModel {
    fileprivate init(_ record: LoggedModelRecord) throws {
        self.init(
            id: record.id, experiment: 0, name: record.name, type: record.type, run: record.run,
            status: try choice(record.status, "status"), statusMessage: record.statusMessage,
            lifecycle: try choice(record.lifecycle, "lifecycle"), location: .stored(.root),
            created: Timestamp(milliseconds: record.created), updated: Timestamp(milliseconds: record.updated),
            params: record.params.map(Tag.init), tags: record.tags.map(Tag.init))
        metrics = record.metrics.map { point in
            let metric = Metric(
                point.key, point.value ?? .nan, time: Timestamp(milliseconds: point.time), step: point.step, model: record.id,
                datasetName: point.datasetName, datasetDigest: point.datasetDigest)
            return ModelMetric(metric: metric, run: point.run)
        }
    }
}

extension ModelVersion {
    fileprivate init(_ record: VersionRecord) throws {
        self.init(
            id: "", model: record.model, number: record.version, author: record.author ?? "",
            created: Timestamp(milliseconds: record.created), updated: Timestamp(milliseconds: record.updated))
        description = record.description
        environment = try choice(record.environment, "environment")
        source = record.source
        runID = record.run
        runLink = record.runLink
        loggedModelID = record.loggedModel
        codeCommit = record.codeCommit
        environmentLock = record.environmentLock
        tags = record.tags.map(Tag.init)
        if let text = record.signature { signature = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }
        files = try record.files.map { file in
            guard let digest = BlobDigest(file.digest) else {
                throw Problem(.invalid, "import.blob.unknown", "'\(file.digest.printable)' is no digest.")
            }
            return VersionFile(path: try ArtifactPath(file.path).text, digest: digest, size: file.size)
        }.sorted { $0.path < $1.path }
    }
}

extension Tag {
    fileprivate init(_ body: TagBody) {
        self.init(body.key, body.value)
    }
}

/// - Throws: `Problem` `.invalid` for text that is none of the cases.
private func choice<Choice: RawRepresentable<String>>(_ text: String, _ name: String) throws -> Choice {
    guard let value = Choice(rawValue: text) else {
        throw Problem(.invalid, "import.value.unknown", "'\(text.printable)' is not a value of '\(name)'.")
    }
    return value
}

/// A place is a URL of another store, which is given back to clients and never opened; not a path of any disk.
private func checked(place: String?) throws -> String? {
    guard let place else { return nil }
    let scheme = place.split(separator: ":", maxSplits: 1).first?.lowercased() ?? ""
    guard place.contains("://"), scheme != "file", place.utf8.count <= 2048, !place.contains("..") else {
        throw Problem(
            .invalid, "import.place.refused", "'\(place.printable)' is no URL of another store.",
            fix: "Leave it out to keep artifacts here.")
    }
    return place
}
