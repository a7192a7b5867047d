// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation

/// A blob or manifest as others refer to it (OCI image specification 1.1, `descriptor.md`).
package struct OCIDescriptor: Codable, Hashable, Sendable {
    package var mediaType: String
    package var digest: String
    package var size: Int64
    package var annotations: [String: String]?
    package var artifactType: String?

    package init(
        _ mediaType: String, _ digest: BlobDigest, size: Int64, annotations: [String: String]? = nil, artifactType: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest.description
        self.size = size
        self.annotations = annotations
        self.artifactType = artifactType
    }

    /// - Throws: `Problem` `.rejected` for a digest that is no SHA-256, or a negative size.
    package func blobDigest() throws(Problem) -> BlobDigest {
        guard digest.hasPrefix("sha256:"), let known = BlobDigest(digest), size >= 0 else {
            throw Problem(
                .rejected, "oci.digest.unsupported", "'\(digest.printable)' with \(size) bytes is no digest that can be checked.",
                why: "Only SHA-256 is understood.")
        }
        return known
    }
}

/// An image manifest, which is also how artifacts are written (`manifest.md`).
package struct OCIManifest: Codable, Hashable, Sendable {
    package static let mediaType = "application/vnd.oci.image.manifest.v1+json"
    /// In bytes; registries take no more.
    package static let maximumBytes = 4 << 20

    package var schemaVersion = 2
    package var mediaType: String? = Self.mediaType
    package var artifactType: String?
    package var config: OCIDescriptor
    package var layers: [OCIDescriptor]
    package var subject: OCIDescriptor?
    package var annotations: [String: String]?

    package init(
        artifactType: String?, config: OCIDescriptor, layers: [OCIDescriptor], subject: OCIDescriptor? = nil,
        annotations: [String: String]? = nil
    ) {
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }
}

/// A list of manifests (`image-index.md`); what refers to a manifest is listed in one.
package struct OCIIndex: Codable, Hashable, Sendable {
    package static let mediaType = "application/vnd.oci.image.index.v1+json"

    package var schemaVersion = 2
    package var mediaType: String? = Self.mediaType
    package var manifests: [OCIDescriptor]

    package init(manifests: [OCIDescriptor]) {
        self.manifests = manifests
    }
}

/// JSON of a registry with its digest; the same value is the same bytes.
package struct OCIDocument: Sendable, Equatable {
    package let bytes: [UInt8]
    package let digest: BlobDigest

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        digest = BlobDigest(sha256: SHA256.hash(data: bytes))
    }

    package init(of value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        self.init(Array(try encoder.encode(value)))
    }

    package var size: Int64 { Int64(bytes.count) }

    /// - Throws: `Problem` `.rejected` when it is something else.
    package func decode<Value: Decodable>(_ type: Value.Type, as what: String) throws(Problem) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw Problem(.rejected, "oci.document.malformed", "What the registry gives as \(what) is none.", why: "Digest \(digest).")
        }
    }

    /// Where nothing is to be said: the config of artifacts that have none.
    package static let empty = OCIDocument(Array("{}".utf8))
    package static let emptyType = "application/vnd.oci.empty.v1+json"
}
