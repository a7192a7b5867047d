// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain

/// Manifests, and what refers to them.
extension OCIRegistry {
    /// Most manifests that are looked at as what refers to one.
    package static let maximumReferrers = 1_000

    /// The manifest of the reference, or of another name in the same repository; its bytes are those of its digest.
    ///
    /// - Throws: `Problem` `.notFound`; `.rejected` `oci.digest.mismatch` when the bytes are others than those asked for.
    package func manifest(_ name: String? = nil) async throws -> OCIDocument {
        guard let document = try await findManifest(name ?? reference.name) else {
            throw Problem(
                .notFound, "oci.manifest.unknown", "There is nothing at \(reference.text) in the registry.",
                why: name.map { "It has no '\($0.printable)'." }, fix: "Look at the repository and the tag.")
        }
        return document
    }

    /// Nil when there is none.
    package func findManifest(_ name: String) async throws -> OCIDocument? {
        let accept = "\(OCIManifest.mediaType), \(OCIIndex.mediaType)"
        let answer = try await repeating("GET", try url("manifests/\(name)"), [("Accept", accept)])
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw await failure(answer, "\(reference.text) was not read") }
        let bytes = try await answer.beginning(OCIManifest.maximumBytes + 1)
        guard bytes.count <= OCIManifest.maximumBytes else {
            throw Problem(.rejected, "oci.document.too-large", "The manifest has more than \(OCIManifest.maximumBytes) bytes.")
        }
        let document = OCIDocument(bytes)
        if let asked = BlobDigest(name), asked != document.digest { throw Self.mismatch("The manifest", asked) }
        if let told = answer["Docker-Content-Digest"].flatMap({ BlobDigest($0) }), told != document.digest {
            throw Self.mismatch("The manifest", told)
        }
        return document
    }

    /// - Returns: Whether the registry itself lists what refers to the manifest's subject.
    @discardableResult
    package func put(_ document: OCIDocument, as name: String, _ mediaType: String = OCIManifest.mediaType) async throws -> Bool {
        let answer = try await repeating("PUT", try url("manifests/\(name)"), [("Content-Type", mediaType)], body: document.bytes)
        guard answer.status == 201 || answer.status == 200 else { throw await failure(answer, "'\(name.printable)' was not pushed") }
        if let told = answer["Docker-Content-Digest"].flatMap({ BlobDigest($0) }), told != document.digest {
            throw Self.mismatch("The manifest that the registry keeps", document.digest)
        }
        return answer["OCI-Subject"] != nil
    }

    /// Manifests whose subject is `digest`: what the registry lists, else what the tag of older registries names.
    package func referrers(of digest: BlobDigest) async throws -> [OCIDescriptor] {
        let answer = try await repeating("GET", try url("referrers/\(digest)"), [("Accept", OCIIndex.mediaType)])
        switch answer.status {
        case 200:
            let bytes = try await answer.beginning(OCIManifest.maximumBytes)
            return try Self.bounded(OCIDocument(bytes).decode(OCIIndex.self, as: "what refers to a manifest"))
        case 404, 400, 405: return try await tagged(digest)?.manifests ?? []
        default: throw await failure(answer, "What refers to \(digest) was not read")
        }
    }

    /// Pushes the manifest, whose subject is `digest`, and has it listed.
    package func attach(_ manifest: OCIManifest, to digest: BlobDigest) async throws -> OCIDocument {
        let document = try OCIDocument(of: manifest)
        if try await put(document, as: document.digest.description) { return document }
        let descriptor = OCIDescriptor(
            OCIManifest.mediaType, document.digest, size: document.size, annotations: manifest.annotations,
            artifactType: manifest.artifactType)
        // The tag has no lock: whoever finds that another was faster goes again.
        for _ in 0..<settings.tries {
            var index = try await tagged(digest) ?? OCIIndex(manifests: [])
            if index.manifests.contains(where: { $0.digest == descriptor.digest }) { return document }
            index.manifests.append(descriptor)
            guard index.manifests.count <= Self.maximumReferrers else { break }
            try await put(try OCIDocument(of: index), as: Self.referrersTag(of: digest), OCIIndex.mediaType)
        }
        guard try await tagged(digest)?.manifests.contains(where: { $0.digest == descriptor.digest }) == true else {
            throw Problem(
                .conflict, "oci.referrers.contended", "What refers to \(digest) could not be listed in the registry.",
                why: "Others change the list all the time, or it is full.", fix: "Push again.")
        }
        return document
    }

    /// `sha256-<hex>`, as the specification has clients name the list where the registry keeps none.
    package static func referrersTag(of digest: BlobDigest) -> String { "sha256-\(digest.hexadecimal)" }

    private func tagged(_ digest: BlobDigest) async throws -> OCIIndex? {
        guard let document = try await findManifest(Self.referrersTag(of: digest)) else { return nil }
        let index = try document.decode(OCIIndex.self, as: "what refers to a manifest")
        _ = try Self.bounded(index)
        return index
    }

    private static func bounded(_ index: OCIIndex) throws(Problem) -> [OCIDescriptor] {
        guard index.manifests.count <= maximumReferrers else {
            throw Problem(
                .rejected, "oci.referrers.too-many", "\(index.manifests.count) manifests refer to this one.",
                why: "At most \(maximumReferrers) are looked at.")
        }
        return index.manifests
    }

    static func mismatch(_ what: String, _ digest: BlobDigest) -> Problem {
        Problem(
            .rejected, "oci.digest.mismatch", "\(what) is not what its digest says.", why: "The digest is \(digest).",
            fix: "Do not use it; ask who looks after the registry.")
    }
}
