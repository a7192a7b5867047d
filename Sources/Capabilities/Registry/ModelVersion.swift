// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
package import Tracking

/// An immutable numbered entry of a registered model: files by digest, signature, and where it came from.
///
/// Description, tags, environment and aliases may change; what the version is may not.
package struct ModelVersion: Codable, Equatable, Sendable {
    package var id: String
    package var model: String
    package var number: Int64
    /// Qualified name of who registered it.
    package var author: String
    package var created: Timestamp
    package var updated: Timestamp
    package var description: String?
    /// Where people mean it to be used; releases say where it really serves.
    package var environment: VersionEnvironment = .none
    /// Inputs and outputs with names, types and shapes, as the model's files state them.
    package var signature: JSONValue?
    /// As the caller named it; never opened.
    package var source: String?
    package var runID: String?
    package var runLink: String?
    package var loggedModelID: String?
    package var executionID: String?
    package var codeCommit: String?
    /// Digest of the file that fixes the packages it was made with, or the name it goes by.
    package var environmentLock: String?
    package var featureService: String?
    package var snapshots: [String] = []
    package var tags: [Tag] = []
    package var aliases: [String] = []
    /// Sorted by path.
    package var files: [VersionFile] = []

    package init(id: String, model: String, number: Int64, author: String, created: Timestamp, updated: Timestamp) {
        self.id = id
        self.model = model
        self.number = number
        self.author = author
        self.created = created
        self.updated = updated
    }

    package var resource: String { "model/\(model)/\(number)" }

    package static func unknown(_ model: String, _ reference: VersionReference) -> Problem {
        switch reference {
        case .number(let number):
            Problem(.notFound, "registry.version.unknown", "Model Version (name=\(model.printable), version=\(number)) not found")
        case .alias(let alias):
            Problem(
                .notFound, "registry.alias.unknown", "Registered model alias \(alias.printable) not found.",
                fix: "Set it: dhow alias set \(model.printable) \(alias.printable) NUMBER.")
        case .latest:
            Problem(.notFound, "registry.version.unknown", "Registered Model with name=\(model.printable) has no versions.")
        }
    }
}

/// One file of a version: its place within the version, and its bytes by digest.
package struct VersionFile: Codable, Hashable, Sendable {
    package var path: String
    package var digest: BlobDigest
    package var size: Int64

    package init(path: String, digest: BlobDigest, size: Int64) {
        self.path = path
        self.digest = digest
        self.size = size
    }
}

/// How a version is named.
package enum VersionReference: Hashable, Sendable {
    case number(Int64)
    case alias(String)
    case latest
}

/// What a version is to be made of.
package struct NewVersion: Sendable {
    package var files: [VersionFile]
    /// A file or folder of the artifact store whose files, as they are when the version is registered, become the version's.
    package var artifacts: ArtifactPath?
    /// Read from the file `MLmodel` when nil.
    package var signature: JSONValue?
    package var runID: String?
    package var runLink: String?
    package var loggedModelID: String?
    package var snapshots: [String]
    package var executionID: String?
    package var codeCommit: String?
    package var environmentLock: String?
    package var featureService: String?
    package var source: String?
    package var description: String?
    package var tags: [Tag]

    package init(
        files: [VersionFile] = [], artifacts: ArtifactPath? = nil, signature: JSONValue? = nil, runID: String? = nil,
        runLink: String? = nil,
        loggedModelID: String? = nil, snapshots: [String] = [], executionID: String? = nil, codeCommit: String? = nil,
        environmentLock: String? = nil, featureService: String? = nil, source: String? = nil, description: String? = nil, tags: [Tag] = []
    ) {
        self.files = files
        self.artifacts = artifacts
        self.signature = signature
        self.runID = runID
        self.runLink = runLink
        self.loggedModelID = loggedModelID
        self.snapshots = snapshots
        self.executionID = executionID
        self.codeCommit = codeCommit
        self.environmentLock = environmentLock
        self.featureService = featureService
        self.source = source
        self.description = description
        self.tags = tags
    }
}
