// SPDX-License-Identifier: Apache-2.0

/// A key with its text.
package struct TagBody: Codable, Sendable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}

/// A movable name for one version.
package struct AliasAnswer: Codable, Sendable {
    package var alias: String
    package var version: Int64

    package init(alias: String, version: Int64) {
        self.alias = alias
        self.version = version
    }
}

/// `PUT /api/v1/models/{model}/aliases/{alias}`
package struct SetAliasRequest: Codable, Sendable {
    package var version: Int64

    package init(version: Int64) {
        self.version = version
    }
}

/// `GET /api/v1/models/{model}`
package struct ModelAnswer: Codable, Sendable {
    package var name: String
    package var description: String?
    package var author: String
    package var created: Int64
    package var updated: Int64
    package var tags: [TagBody]
    package var aliases: [AliasAnswer]

    package init(
        name: String, description: String?, author: String, created: Int64, updated: Int64, tags: [TagBody], aliases: [AliasAnswer]
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

/// One file of a version, by digest.
package struct VersionFileAnswer: Codable, Sendable {
    package var path: String
    package var digest: String
    package var size: Int64

    package init(path: String, digest: String, size: Int64) {
        self.path = path
        self.digest = digest
        self.size = size
    }
}

/// `GET /api/v1/models/{model}/versions/{version}`; lists leave `files` empty.
package struct VersionAnswer<Signature: Codable & Sendable>: Codable, Sendable {
    package var model: String
    package var version: Int64
    package var author: String
    package var created: Int64
    package var updated: Int64
    package var description: String?
    /// Inputs and outputs as the model's files state them.
    package var signature: Signature?
    package var source: String?
    package var run: String?
    package var execution: String?
    package var codeCommit: String?
    package var environmentLock: String?
    package var featureService: String?
    /// `none`, `staging`, `production` or `archived`.
    package var environment: String
    package var snapshots: [String]
    package var tags: [TagBody]
    package var aliases: [String]
    package var files: [VersionFileAnswer]

    package init(
        model: String, version: Int64, author: String, created: Int64, updated: Int64, description: String?, signature: Signature?,
        source: String?, run: String?, execution: String?, codeCommit: String?, environmentLock: String?, featureService: String?,
        environment: String, snapshots: [String],
        tags: [TagBody], aliases: [String], files: [VersionFileAnswer]
    ) {
        self.model = model
        self.version = version
        self.author = author
        self.created = created
        self.updated = updated
        self.description = description
        self.signature = signature
        self.source = source
        self.run = run
        self.execution = execution
        self.codeCommit = codeCommit
        self.environmentLock = environmentLock
        self.featureService = featureService
        self.environment = environment
        self.snapshots = snapshots
        self.tags = tags
        self.aliases = aliases
        self.files = files
    }
}
