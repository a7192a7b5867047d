// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// One training attempt: its params, metrics, tags and what it used and made.
package struct Run: Codable, Equatable, Sendable {
    package enum Status: String, Codable, CaseIterable, Sendable, DatabaseConvertible {
        case running = "RUNNING", scheduled = "SCHEDULED", finished = "FINISHED", failed = "FAILED", killed = "KILLED"

        package var isFinal: Bool { self == .finished || self == .failed || self == .killed }
    }

    /// 32 hexadecimal digits, sorting by creation.
    package var id: String
    package var experiment: Int64
    package var name: String
    package var author: String
    package var status: Status
    package var started: Timestamp
    package var ended: Timestamp?
    package var lifecycle: Lifecycle
    package var location: ArtifactLocation
    package var params: [Tag] = []
    package var tags: [Tag] = []
    /// The latest of each series.
    package var metrics: [Metric] = []
    package var inputs: [RunInput] = []
    package var models: [RunModel] = []

    package init(
        id: String, experiment: Int64, name: String, author: String, status: Status, started: Timestamp, ended: Timestamp?,
        lifecycle: Lifecycle, location: ArtifactLocation, params: [Tag] = [], tags: [Tag] = []
    ) {
        self.id = id
        self.experiment = experiment
        self.name = name
        self.author = author
        self.status = status
        self.started = started
        self.ended = ended
        self.lifecycle = lifecycle
        self.location = location
        self.params = params
        self.tags = tags
    }

    package static func unknown(_ id: String) -> Problem {
        Problem(.notFound, "tracking.run.unknown", "Run with id=\(id.printable) not found", fix: "Search for runs in their experiment.")
    }
}

/// One point of a named series on a run. Infinite values are stored as the largest finite ones.
package struct Metric: Codable, Equatable, Sendable {
    package var key: String
    package var value: Double
    package var time: Timestamp
    package var step: Int64
    /// The logged model it also speaks of.
    package var model: String?
    package var datasetName: String?
    package var datasetDigest: String?

    package init(
        _ key: String, _ value: Double, time: Timestamp, step: Int64 = 0, model: String? = nil, datasetName: String? = nil,
        datasetDigest: String? = nil
    ) {
        self.key = key
        self.value = value
        self.time = time
        self.step = step
        self.model = model
        self.datasetName = datasetName
        self.datasetDigest = datasetDigest
    }
}

/// A source of examples as the training program described it; a snapshot of ours is something firmer.
package struct InputDataset: Codable, Equatable, Sendable {
    package var name: String
    package var digest: String
    package var sourceType: String
    package var source: String
    package var schema: String?
    package var profile: String?

    package init(name: String, digest: String, sourceType: String, source: String, schema: String?, profile: String?) {
        self.name = name
        self.digest = digest
        self.sourceType = sourceType
        self.source = source
        self.schema = schema
        self.profile = profile
    }
}

package struct RunInput: Codable, Equatable, Sendable {
    package var dataset: InputDataset
    package var tags: [Tag]
    /// What the run used it for: `training`, `testing`, ….
    package var context: String?

    package init(dataset: InputDataset, tags: [Tag], context: String?) {
        self.dataset = dataset
        self.tags = tags
        self.context = context
    }
}

/// A logged model that a run read or made.
package struct RunModel: Codable, Equatable, Sendable {
    package enum Direction: String, Codable, Sendable, DatabaseConvertible { case input, output }

    package var model: String
    package var direction: Direction
    package var step: Int64

    package init(model: String, direction: Direction, step: Int64 = 0) {
        self.model = model
        self.direction = direction
        self.step = step
    }
}
