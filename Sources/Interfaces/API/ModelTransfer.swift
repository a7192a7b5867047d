// SPDX-License-Identifier: Apache-2.0

/// `POST /api/v1/models/{model}/versions/{version}/pushes`
package struct PushModelRequest: Codable, Sendable {
    /// `oci://HOST[:PORT]/REPOSITORY[:TAG]`
    package var to: String
    /// Names a secret that holds a Docker `config.json`.
    package var secret: String?
    /// HTTP without TLS, also to another machine.
    package var plainHTTP: Bool?
    /// Seconds without a byte after which the registry counts as gone; 60 when absent.
    package var patience: Int?

    package init(to: String, secret: String?, plainHTTP: Bool?, patience: Int?) {
        self.to = to
        self.secret = secret
        self.plainHTTP = plainHTTP
        self.patience = patience
    }
}

/// `POST /api/v1/model-pulls`
package struct PullModelRequest: Codable, Sendable {
    /// `oci://HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]`
    package var from: String
    /// Of the model whose next version it becomes; what the artifact says when absent.
    package var name: String?
    package var secret: String?
    package var plainHTTP: Bool?
    package var patience: Int?
    /// Public keys as PEM that are trusted beside the server's own.
    package var keys: String?
    package var requireSignature: Bool?
    /// Takes what is signed by a key that is not trusted.
    package var unverified: Bool?

    package init(
        from: String, name: String?, secret: String?, plainHTTP: Bool?, patience: Int?, keys: String?, requireSignature: Bool?,
        unverified: Bool?
    ) {
        self.from = from
        self.name = name
        self.secret = secret
        self.plainHTTP = plainHTTP
        self.patience = patience
        self.keys = keys
        self.requireSignature = requireSignature
        self.unverified = unverified
    }
}

/// A signed statement beside an artifact.
package struct AttachedAnswer: Codable, Sendable {
    /// What it says: `urn:dhow:model-version:v1`, `https://slsa.dev/provenance/v1` or `urn:dhow:gate-report:v1`.
    package var predicateType: String
    package var digest: String
    /// The key that verified it.
    package var key: String?

    package init(predicateType: String, digest: String, key: String?) {
        self.predicateType = predicateType
        self.digest = digest
        self.key = key
    }
}

/// What a push left in the registry.
package struct PushedModelAnswer: Codable, Sendable {
    package var model: String
    package var version: Int64
    package var reference: String
    package var digest: String
    package var files: Int
    package var bytes: Int64
    /// Files that were there already.
    package var kept: Int
    package var attached: [AttachedAnswer]

    package init(
        model: String, version: Int64, reference: String, digest: String, files: Int, bytes: Int64, kept: Int, attached: [AttachedAnswer]
    ) {
        self.model = model
        self.version = version
        self.reference = reference
        self.digest = digest
        self.files = files
        self.bytes = bytes
        self.kept = kept
        self.attached = attached
    }
}

/// The version that a pull made.
package struct PulledModelAnswer: Codable, Sendable {
    package var model: String
    package var version: Int64
    /// With the digest of the manifest.
    package var reference: String
    package var files: Int
    package var bytes: Int64
    /// The key that vouches for it; absent when nobody known does.
    package var signedBy: String?
    package var attached: [AttachedAnswer]

    package init(
        model: String, version: Int64, reference: String, files: Int, bytes: Int64, signedBy: String?, attached: [AttachedAnswer]
    ) {
        self.model = model
        self.version = version
        self.reference = reference
        self.files = files
        self.bytes = bytes
        self.signedBy = signedBy
        self.attached = attached
    }
}

/// A line of a push or pull that is followed (`Accept: application/x-ndjson`): how far it is, and last how it ended.
package struct TransferLine<Answer: Codable & Sendable>: Codable, Sendable {
    package var progress: Progress?
    package var answer: Answer?
    package var problem: ProblemAnswer?

    package struct Progress: Codable, Sendable {
        package var file: String
        /// Bytes of all files that are there.
        package var done: Int64
        package var total: Int64

        package init(file: String, done: Int64, total: Int64) {
            self.file = file
            self.done = done
            self.total = total
        }
    }

    package init(progress: Progress? = nil, answer: Answer? = nil, problem: ProblemAnswer? = nil) {
        self.progress = progress
        self.answer = answer
        self.problem = problem
    }
}
