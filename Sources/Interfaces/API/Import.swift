// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/imports`
package struct BeginImportRequest: Codable, Sendable {
    /// A name for where things come from: the same name goes on with the same import.
    package var source: String

    package init(source: String) {
        self.source = source
    }
}

/// `GET /api/v1/imports/{import}`
package struct ImportAnswer: Codable, Sendable {
    package var id: String
    package var source: String
    /// `running` or `finished`.
    package var state: String
    /// As the last part gave it; absent at the beginning.
    package var position: String?
    package var begun: Int64
    package var updated: Int64

    package init(id: String, source: String, state: String, position: String? = nil, begun: Int64, updated: Int64) {
        self.id = id
        self.source = source
        self.state = state
        self.position = position
        self.begun = begun
        self.updated = updated
    }
}

/// `POST /api/v1/imports/{import}/conflicts`
package struct ImportConflictsRequest: Codable, Sendable {
    package var experiments: [ExperimentName]
    package var models: [String]

    package init(experiments: [ExperimentName], models: [String]) {
        self.experiments = experiments
        self.models = models
    }
}

/// An experiment's id at its source, and its name.
package struct ExperimentName: Codable, Sendable {
    package var id: String
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }
}

/// A name that something else has here already.
package struct ImportConflict: Codable, Sendable {
    /// `experiment` or `model`.
    package var kind: String
    package var name: String

    package init(kind: String, name: String) {
        self.kind = kind
        self.name = name
    }
}

package struct ImportConflictsAnswer: Codable, Sendable {
    package var conflicts: [ImportConflict]

    package init(conflicts: [ImportConflict]) {
        self.conflicts = conflicts
    }
}

/// `POST /api/v1/imports/{import}/parts`: stored as a whole or not at all. At most 20,000 things, a metric point being one.
package struct ImportPartRequest: Codable, Sendable {
    /// Where the client is in its source once this is stored, in its own words.
    package var position: String
    package var experiments: [ExperimentRecord]?
    package var loggedModels: [LoggedModelRecord]?
    package var runs: [RunRecord]?
    package var metrics: [SeriesRecord]?
    /// Their bytes were put before: `PUT /api/v1/blobs`.
    package var artifacts: [ArtifactRecord]?
    package var models: [RegisteredModelRecord]?
    package var versions: [VersionRecord]?

    package init(
        position: String, experiments: [ExperimentRecord]? = nil, loggedModels: [LoggedModelRecord]? = nil, runs: [RunRecord]? = nil,
        metrics: [SeriesRecord]? = nil, artifacts: [ArtifactRecord]? = nil, models: [RegisteredModelRecord]? = nil,
        versions: [VersionRecord]? = nil
    ) {
        self.position = position
        self.experiments = experiments
        self.loggedModels = loggedModels
        self.runs = runs
        self.metrics = metrics
        self.artifacts = artifacts
        self.models = models
        self.versions = versions
    }
}
