// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// A model as a training program wrote it, beside its run: it has params, tags, metrics and files of its own.
package struct LoggedModel: Codable, Equatable, Sendable {
    package enum Status: String, Codable, CaseIterable, Sendable, DatabaseConvertible {
        case pending = "LOGGED_MODEL_PENDING", ready = "LOGGED_MODEL_READY", failed = "LOGGED_MODEL_UPLOAD_FAILED"
    }

    package struct ModelMetric: Codable, Equatable, Sendable {
        package var metric: Metric
        package var run: String

        package init(metric: Metric, run: String) {
            self.metric = metric
            self.run = run
        }
    }

    /// `m-` and 32 hexadecimal digits.
    package var id: String
    package var experiment: Int64
    package var name: String
    package var type: String?
    package var run: String?
    package var status: Status
    package var statusMessage: String?
    package var lifecycle: Lifecycle
    package var location: ArtifactLocation
    package var created: Timestamp
    package var updated: Timestamp
    package var params: [Tag] = []
    package var tags: [Tag] = []
    package var metrics: [ModelMetric] = []

    package init(
        id: String, experiment: Int64, name: String, type: String?, run: String?, status: Status, statusMessage: String?,
        lifecycle: Lifecycle, location: ArtifactLocation, created: Timestamp, updated: Timestamp, params: [Tag] = [], tags: [Tag] = []
    ) {
        self.id = id
        self.experiment = experiment
        self.name = name
        self.type = type
        self.run = run
        self.status = status
        self.statusMessage = statusMessage
        self.lifecycle = lifecycle
        self.location = location
        self.created = created
        self.updated = updated
        self.params = params
        self.tags = tags
    }

    package static func unknown(_ id: String) -> Problem {
        Problem(.notFound, "tracking.logged-model.unknown", "Logged model with ID '\(id.printable)' not found.")
    }
}
