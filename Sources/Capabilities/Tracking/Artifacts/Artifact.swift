// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A file that a run produced: a path in its workspace and the digest of its bytes.
package struct Artifact: Codable, Equatable, Sendable {
    package var path: ArtifactPath
    package var digest: BlobDigest
    package var size: Int64
    package var time: Timestamp
    package var contentType: String?

    package init(path: ArtifactPath, digest: BlobDigest, size: Int64, time: Timestamp, contentType: String? = nil) {
        self.path = path
        self.digest = digest
        self.size = size
        self.time = time
        self.contentType = contentType
    }

    package static func unknown(_ path: ArtifactPath) -> Problem {
        Problem(
            .notFound, "tracking.artifact.unknown", "No such artifact: '\(path.text.printable)'", fix: "List the folder it should be in.")
    }
}

/// One line of a folder's listing.
package enum ArtifactEntry: Codable, Equatable, Sendable {
    case folder(ArtifactPath)
    case file(Artifact)

    package var path: ArtifactPath {
        switch self {
        case .folder(let path): path
        case .file(let artifact): artifact.path
        }
    }
}
