// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// An experiment as its source has it. Its runs refer to it by `origin`; its id here may be another.
package struct ImportedExperiment: Sendable {
    package var origin: String
    package var name: String
    /// The URL of another store that keeps the artifacts; nil when they come along.
    package var place: String?
    package var lifecycle: Lifecycle
    package var created: Timestamp
    package var updated: Timestamp
    package var tags: [Tag]

    package init(
        origin: String, name: String, place: String?, lifecycle: Lifecycle, created: Timestamp, updated: Timestamp, tags: [Tag]
    ) {
        self.origin = origin
        self.name = name
        self.place = place
        self.lifecycle = lifecycle
        self.created = created
        self.updated = updated
        self.tags = tags
    }
}

/// A run or logged model, which keeps its id, in an experiment of the source.
package struct ImportedMember<Content: Sendable>: Sendable {
    package var experiment: String
    package var place: String?
    /// Its experiment and location are not looked at.
    package var content: Content

    package init(experiment: String, place: String?, content: Content) {
        self.experiment = experiment
        self.place = place
        self.content = content
    }
}

/// Who an artifact belongs to.
package enum ArtifactOwner: Hashable, Sendable {
    case run(String)
    case loggedModel(String)
}

/// A file whose bytes were put into the blob store before.
package struct ImportedArtifact: Sendable {
    package var owner: ArtifactOwner
    /// Beneath the owner's folder.
    package var path: ArtifactPath
    package var blob: BlobInfo
    package var contentType: String?

    package init(owner: ArtifactOwner, path: ArtifactPath, blob: BlobInfo, contentType: String?) {
        self.owner = owner
        self.path = path
        self.blob = blob
        self.contentType = contentType
    }
}

/// A part of what comes over that belongs to tracking, stored together.
package struct ImportedTracking: Sendable {
    package var experiments: [ImportedExperiment] = []
    package var loggedModels: [ImportedMember<LoggedModel>] = []
    package var runs: [ImportedMember<Run>] = []
    /// Points by run.
    package var metrics: [(run: String, points: [Metric])] = []
    package var artifacts: [ImportedArtifact] = []

    package init() {}
}
