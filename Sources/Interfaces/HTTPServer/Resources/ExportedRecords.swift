// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation
import Registry
import Tracking

// What tracking and the registry keep, as records of an export.

extension ExperimentRecord {
    init(_ experiment: Experiment) {
        self.init(
            id: String(experiment.id), name: experiment.name, lifecycle: experiment.lifecycle.rawValue,
            created: experiment.created.milliseconds, updated: experiment.updated.milliseconds, place: experiment.location.place,
            tags: experiment.tags.map { TagBody($0) })
    }
}

extension RunRecord {
    init(_ run: Run) {
        let inputs = run.inputs.map { input in
            RunInputRecord(
                name: input.dataset.name, digest: input.dataset.digest, sourceType: input.dataset.sourceType, source: input.dataset.source,
                schema: input.dataset.schema, profile: input.dataset.profile, context: input.context,
                tags: input.tags.map { TagBody($0) })
        }
        self.init(
            id: run.id, experiment: String(run.experiment), name: run.name, author: run.author, status: run.status.rawValue,
            lifecycle: run.lifecycle.rawValue, started: run.started.milliseconds, ended: run.ended?.milliseconds, place: run.location.place,
            params: run.params.map { TagBody($0) }, tags: run.tags.map { TagBody($0) }, inputs: inputs,
            models: run.models.map { RunModelRecord(model: $0.model, direction: $0.direction.rawValue, step: $0.step) })
    }
}

extension SeriesRecord {
    /// One record for each run of points with the same key.
    static func series(_ points: [Metric], of run: String) -> [SeriesRecord] {
        var series: [SeriesRecord] = []
        for point in points {
            if series.last?.key != point.key { series.append(SeriesRecord(run: run, key: point.key, steps: [], times: [], values: [])) }
            series[series.count - 1].steps.append(point.step)
            series[series.count - 1].times.append(point.time.milliseconds)
            series[series.count - 1].values.append(point.value.isNaN ? nil : point.value)
        }
        return series
    }
}

extension LoggedModelRecord {
    init(_ model: LoggedModel) {
        let metrics = model.metrics.map { point in
            LoggedModelMetricRecord(
                key: point.metric.key, run: point.run, step: point.metric.step, time: point.metric.time.milliseconds,
                value: point.metric.value.isNaN ? nil : point.metric.value, datasetName: point.metric.datasetName,
                datasetDigest: point.metric.datasetDigest)
        }
        self.init(
            id: model.id, experiment: String(model.experiment), name: model.name, type: model.type, run: model.run,
            status: model.status.rawValue, statusMessage: model.statusMessage, lifecycle: model.lifecycle.rawValue,
            place: model.location.place, created: model.created.milliseconds, updated: model.updated.milliseconds,
            params: model.params.map { TagBody($0) }, tags: model.tags.map { TagBody($0) }, metrics: metrics)
    }
}

extension ArtifactRecord {
    init(_ artifact: Artifact, of owner: ArtifactOwner) {
        self.init(path: artifact.path.text, digest: artifact.digest.description, size: artifact.size, contentType: artifact.contentType)
        switch owner {
        case .run(let id): run = id
        case .loggedModel(let id): loggedModel = id
        }
    }
}

extension RegisteredModelRecord {
    init(_ model: RegisteredModel) {
        self.init(
            name: model.name, description: model.description, author: model.author, created: model.created.milliseconds,
            updated: model.updated.milliseconds, tags: model.tags.map { TagBody($0) },
            aliases: model.aliases.map { AliasAnswer(alias: $0.alias, version: $0.number) })
    }
}

extension VersionRecord {
    init(_ version: ModelVersion) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let signature = version.signature.flatMap { try? encoder.encode($0) }.map { String(decoding: $0, as: UTF8.self) }
        self.init(
            model: version.model, version: version.number, author: version.author, created: version.created.milliseconds,
            updated: version.updated.milliseconds, description: version.description, environment: version.environment.rawValue,
            source: version.source,
            run: version.runID, runLink: version.runLink, loggedModel: version.loggedModelID, signature: signature,
            codeCommit: version.codeCommit, environmentLock: version.environmentLock, tags: version.tags.map { TagBody($0) },
            files: version.files.map { VersionFileAnswer(path: $0.path, digest: $0.digest.description, size: $0.size) })
    }
}

extension TagBody {
    fileprivate init(_ tag: Tag) {
        self.init(key: tag.key, value: tag.value)
    }
}

extension ArtifactLocation {
    /// The URL of another store; nil for ours.
    fileprivate var place: String? {
        if case .elsewhere(let place) = self { place } else { nil }
    }
}
