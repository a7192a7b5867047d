// SPDX-License-Identifier: Apache-2.0

// What moves between installations, as exports hold it and imports take it. Times are milliseconds since 1970 UTC.

/// An experiment. Runs refer to it by its id at the source.
package struct ExperimentRecord: Codable, Sendable {
    package var id: String
    package var name: String
    /// `active` or `deleted`.
    package var lifecycle: String
    package var created: Int64
    package var updated: Int64
    /// URL of another store that keeps the artifacts; absent when they move along.
    package var place: String?
    package var tags: [TagBody]

    package init(id: String, name: String, lifecycle: String, created: Int64, updated: Int64, place: String? = nil, tags: [TagBody]) {
        self.id = id
        self.name = name
        self.lifecycle = lifecycle
        self.created = created
        self.updated = updated
        self.place = place
        self.tags = tags
    }
}

/// A run with all it logged but its metrics.
package struct RunRecord: Codable, Sendable {
    package var id: String
    package var experiment: String
    package var name: String
    package var author: String
    package var status: String
    package var lifecycle: String
    package var started: Int64
    package var ended: Int64?
    package var place: String?
    package var params: [TagBody]
    package var tags: [TagBody]
    package var inputs: [RunInputRecord]
    package var models: [RunModelRecord]

    package init(
        id: String, experiment: String, name: String, author: String, status: String, lifecycle: String, started: Int64,
        ended: Int64? = nil, place: String? = nil, params: [TagBody], tags: [TagBody], inputs: [RunInputRecord], models: [RunModelRecord]
    ) {
        self.id = id
        self.experiment = experiment
        self.name = name
        self.author = author
        self.status = status
        self.lifecycle = lifecycle
        self.started = started
        self.ended = ended
        self.place = place
        self.params = params
        self.tags = tags
        self.inputs = inputs
        self.models = models
    }
}

/// A dataset as a run described what it used.
package struct RunInputRecord: Codable, Sendable {
    package var name: String
    package var digest: String
    package var sourceType: String
    package var source: String
    package var schema: String?
    package var profile: String?
    package var context: String?
    package var tags: [TagBody]

    package init(
        name: String, digest: String, sourceType: String, source: String, schema: String? = nil, profile: String? = nil,
        context: String? = nil, tags: [TagBody]
    ) {
        self.name = name
        self.digest = digest
        self.sourceType = sourceType
        self.source = source
        self.schema = schema
        self.profile = profile
        self.context = context
        self.tags = tags
    }
}

/// A logged model that a run read or made.
package struct RunModelRecord: Codable, Sendable {
    package var model: String
    /// `input` or `output`.
    package var direction: String
    package var step: Int64

    package init(model: String, direction: String, step: Int64) {
        self.model = model
        self.direction = direction
        self.step = step
    }
}

/// Points of one series of a run: the nth of each list belong together. A value that is no number is null.
package struct SeriesRecord: Codable, Sendable {
    package var run: String
    package var key: String
    package var steps: [Int64]
    package var times: [Int64]
    package var values: [Double?]

    package init(run: String, key: String, steps: [Int64], times: [Int64], values: [Double?]) {
        self.run = run
        self.key = key
        self.steps = steps
        self.times = times
        self.values = values
    }
}

/// A model as a training program wrote it beside its run.
package struct LoggedModelRecord: Codable, Sendable {
    package var id: String
    package var experiment: String
    package var name: String
    package var type: String?
    package var run: String?
    package var status: String
    package var statusMessage: String?
    package var lifecycle: String
    package var place: String?
    package var created: Int64
    package var updated: Int64
    package var params: [TagBody]
    package var tags: [TagBody]
    package var metrics: [LoggedModelMetricRecord]

    package init(
        id: String, experiment: String, name: String, type: String? = nil, run: String? = nil, status: String, statusMessage: String? = nil,
        lifecycle: String, place: String? = nil, created: Int64, updated: Int64, params: [TagBody], tags: [TagBody],
        metrics: [LoggedModelMetricRecord]
    ) {
        self.id = id
        self.experiment = experiment
        self.name = name
        self.type = type
        self.run = run
        self.status = status
        self.statusMessage = statusMessage
        self.lifecycle = lifecycle
        self.place = place
        self.created = created
        self.updated = updated
        self.params = params
        self.tags = tags
        self.metrics = metrics
    }
}

/// The latest value of a logged model's metric by one run. A value that is no number is absent.
package struct LoggedModelMetricRecord: Codable, Sendable {
    package var key: String
    package var run: String
    package var step: Int64
    package var time: Int64
    package var value: Double?
    package var datasetName: String?
    package var datasetDigest: String?

    package init(
        key: String, run: String, step: Int64, time: Int64, value: Double? = nil, datasetName: String? = nil, datasetDigest: String? = nil
    ) {
        self.key = key
        self.run = run
        self.step = step
        self.time = time
        self.value = value
        self.datasetName = datasetName
        self.datasetDigest = datasetDigest
    }
}

/// A file of a run or of a logged model: one of the two is named.
package struct ArtifactRecord: Codable, Sendable {
    package var run: String?
    package var loggedModel: String?
    package var path: String
    package var digest: String
    package var size: Int64
    package var contentType: String?

    package init(run: String? = nil, loggedModel: String? = nil, path: String, digest: String, size: Int64, contentType: String? = nil) {
        self.run = run
        self.loggedModel = loggedModel
        self.path = path
        self.digest = digest
        self.size = size
        self.contentType = contentType
    }
}

/// A folder of a run or of a logged model, or a part of it.
package struct ArtifactFolderRecord: Codable, Sendable {
    package var run: String?
    package var loggedModel: String?
    package var path: String

    package init(run: String? = nil, loggedModel: String? = nil, path: String) {
        self.run = run
        self.loggedModel = loggedModel
        self.path = path
    }
}

/// A registered model.
package struct RegisteredModelRecord: Codable, Sendable {
    package var name: String
    package var description: String?
    package var author: String?
    package var created: Int64
    package var updated: Int64
    package var tags: [TagBody]
    package var aliases: [AliasAnswer]

    package init(
        name: String, description: String? = nil, author: String? = nil, created: Int64, updated: Int64, tags: [TagBody],
        aliases: [AliasAnswer]
    ) {
        self.name = name
        self.description = description
        self.author = author
        self.created = created
        self.updated = updated
        self.tags = tags
        self.aliases = aliases
    }
}

/// A version of a registered model, with its number.
package struct VersionRecord: Codable, Sendable {
    package var model: String
    package var version: Int64
    package var author: String?
    package var created: Int64
    package var updated: Int64
    package var description: String?
    package var environment: String
    package var source: String?
    package var run: String?
    package var runLink: String?
    package var loggedModel: String?
    /// JSON text.
    package var signature: String?
    package var codeCommit: String?
    package var environmentLock: String?
    package var tags: [TagBody]
    package var files: [VersionFileAnswer]
    /// Where its files are taken from when it comes from a store without digests.
    package var artifacts: ArtifactFolderRecord?

    package init(
        model: String, version: Int64, author: String? = nil, created: Int64, updated: Int64, description: String? = nil,
        environment: String,
        source: String? = nil, run: String? = nil, runLink: String? = nil, loggedModel: String? = nil, signature: String? = nil,
        codeCommit: String? = nil, environmentLock: String? = nil, tags: [TagBody], files: [VersionFileAnswer],
        artifacts: ArtifactFolderRecord? = nil
    ) {
        self.model = model
        self.version = version
        self.author = author
        self.created = created
        self.updated = updated
        self.description = description
        self.environment = environment
        self.source = source
        self.run = run
        self.runLink = runLink
        self.loggedModel = loggedModel
        self.signature = signature
        self.codeCommit = codeCommit
        self.environmentLock = environmentLock
        self.tags = tags
        self.files = files
        self.artifacts = artifacts
    }
}
