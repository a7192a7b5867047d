// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
package import Governance
package import Provenance
package import Registry
import Tracking

/// The use case of pulls: an artifact of a registry, checked, as a model's next version.
///
/// Files are read to the end and compared with their digests before anything is registered, so a pull that fails leaves no version. The
/// bytes that came until then are held by nobody and are collected.
package struct ModelPulls: Sendable {
    private let registry: ModelRegistry
    private let attestations: Attestations
    private let governor: Governor
    private let blobs: any BlobStore
    private let access: RegistryAccess

    package init(
        governor: Governor, registry: ModelRegistry, attestations: Attestations, blobs: any BlobStore, access: RegistryAccess
    ) {
        self.governor = governor
        self.registry = registry
        self.attestations = attestations
        self.blobs = blobs
        self.access = access
    }

    /// What is believed of what is attached to an artifact.
    package struct Trust: Sendable {
        /// Beside this installation's own.
        package var keys: [AttestationKey]
        /// Refuses an artifact without a signature of a trusted key.
        package var requiresSignature: Bool
        /// Takes an artifact whose signature is of a key that nobody gave.
        package var takesUnknownKeys: Bool

        package init(keys: [AttestationKey] = [], requiresSignature: Bool = false, takesUnknownKeys: Bool = false) {
            self.keys = keys
            self.requiresSignature = requiresSignature
            self.takesUnknownKeys = takesUnknownKeys
        }
    }

    package struct Outcome: Codable, Sendable, Equatable {
        package var model: String
        package var version: Int64
        package var reference: String
        package var files: Int
        package var bytes: Int64
        /// The key that says which version it is; nil for an artifact that nobody known signed.
        package var signedBy: String?
        package var attached: [Attached]
    }

    package struct Attached: Codable, Sendable, Equatable {
        package var predicateType: String
        package var manifest: BlobDigest
        /// The id of the key that verifies it; nil when it is not known.
        package var keyID: String?
    }

    /// An artifact whose manifest and statements are read and checked, and whose files are not here yet.
    package struct Prepared: Sendable {
        package var model: String
        package var source: OCIReference
        var files: [VersionFile]
        var statements: [AttachedStatement]
        var description: String?
        var remote: OCIRegistry
    }

    package func prepare(
        _ place: String, as name: String?, _ trust: Trust, _ choice: RegistryAccess.Choice, by caller: Caller
    ) async throws -> Prepared {
        try governor.require(.registryWrite, of: caller)
        let reference = try OCIReference(place)
        let remote = try await access.registry(reference, .pull, choice, by: caller)
        let document = try await remote.manifest()
        let manifest = try document.decode(OCIManifest.self, as: "a manifest")
        guard manifest.schemaVersion == 2, manifest.mediaType.map({ $0 == OCIManifest.mediaType }) ?? true else {
            throw Problem(
                .rejected, "oci.manifest.unsupported", "\(reference.text) is no artifact with files.",
                why: "Its type is \((manifest.mediaType ?? "").printable).")
        }
        let files = try ModelPack.files(of: manifest)
        let content = ModelVersion.content(of: files)
        let statements = try await statements(about: document.digest, content: content, trust, remote)
        try check(statements, trust, reference)
        let config = ModelPack.isModel(manifest) ? try await config(of: manifest, remote) : nil
        let model = name ?? config?.descriptor?.name ?? reference.repository.split(separator: "/").last.map(String.init) ?? ""
        try RegistryName.check(model: model)
        return Prepared(
            model: model, source: reference.pinned(to: document.digest), files: files, statements: statements,
            description: config?.descriptor?.description, remote: remote)
    }

    package func pull(
        _ prepared: Prepared, by caller: Caller, telling: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) async throws -> Outcome {
        let total = prepared.files.reduce(0) { $0 + $1.size }
        var done: Int64 = 0
        for file in prepared.files {
            let before = done
            let download = BlobDownload(registry: prepared.remote, digest: file.digest, size: file.size) {
                telling(TransferProgress(file: file.path, done: before + $0, total: total))
            }
            let stored = try await blobs.put(download, limit: max(file.size, 1))
            guard stored.digest == file.digest else { throw OCIRegistry.mismatch("A blob of the registry", file.digest) }
            done += file.size
        }
        for file in prepared.files where try await blobs.info(file.digest) == nil {
            throw Problem(
                .conflict, "oci.pull.collected", "What came first was collected before the last came.",
                why: "The pull took longer than unused blobs are kept.", fix: "Pull again, or collect with a longer --grace.")
        }
        return try await register(prepared, bytes: total, by: caller)
    }

    private func register(_ prepared: Prepared, bytes: Int64, by caller: Caller) async throws -> Outcome {
        let told = prepared.statements.first { $0.predicateType == ModelStatement.versionType && $0.keyID != nil }
        var new = NewVersion(files: prepared.files, source: prepared.source.text, description: prepared.description)
        // What nobody known signed is said by nobody.
        new.codeCommit = told?.predicate["codeCommit"]?.text
        if !prepared.files.contains(where: { $0.path == "MLmodel" }) { new.signature = told?.predicate["signature"] }
        let attached = prepared.statements.map { Attached(predicateType: $0.predicateType, manifest: $0.digest, keyID: $0.keyID) }
        var facts: [String: JSONValue] = [
            "from": .string(prepared.source.text), "manifest": .string(prepared.source.digest?.description ?? ""),
            "content": .string(ModelVersion.content(of: prepared.files).description),
            "attached": .array(attached.map { .string($0.manifest.description) }),
        ]
        facts["key"] = told?.keyID.map { .string($0) }
        let provenance = prepared.statements.first {
            $0.predicateType == ProvenanceStatement.predicateType && $0.keyID != nil
        }
        let version = try await registry.registerVersion(of: prepared.model, new, by: caller) { [facts] change, version in
            if let provenance { try Attestations.keep(provenance.envelope, of: version, in: change) }
            try change.record("model.pulled", on: version.resource, facts)
        }
        return Outcome(
            model: version.model, version: version.number, reference: prepared.source.text, files: prepared.files.count, bytes: bytes,
            signedBy: told?.keyID, attached: attached)
    }

    /// What is attached to the artifact, of the kinds that are understood; all of it fits or the artifact is refused.
    private func statements(
        about manifest: BlobDigest, content: BlobDigest, _ trust: Trust, _ remote: OCIRegistry
    ) async throws -> [AttachedStatement] {
        var found: [AttachedStatement] = []
        for descriptor in try await remote.referrers(of: manifest) where descriptor.artifactType == SigstoreBundle.mediaType {
            let digest = try descriptor.blobDigest()
            let document = try await remote.manifest(digest.description)
            let carrier = try document.decode(OCIManifest.self, as: "a manifest")
            guard carrier.subject?.digest == manifest.description, carrier.layers.count == 1 else {
                throw AttachedStatement.tampered(digest, "It is attached to something else.")
            }
            let bundle = OCIDocument(try await bytes(of: carrier.layers[0], remote))
            found.append(
                try AttachedStatement(
                    bundle, carriedBy: digest, about: manifest, content: content, keys: [attestations.verifyingKey] + trust.keys))
        }
        return found
    }

    private func check(_ statements: [AttachedStatement], _ trust: Trust, _ reference: OCIReference) throws(Problem) {
        let versions = statements.filter { $0.predicateType == ModelStatement.versionType }
        guard !trust.requiresSignature || versions.contains(where: { $0.keyID != nil }) else {
            throw Problem(
                .rejected, "oci.signature.absent", "\(reference.text) is signed by no key that is trusted.",
                why: versions.isEmpty ? "Nothing attached to it says which version it is." : "It is signed by a key that was not given.",
                fix: "Pull what was signed, or give the signer's key: --key FILE.")
        }
        guard versions.isEmpty || trust.takesUnknownKeys || versions.contains(where: { $0.keyID != nil }) else {
            throw Problem(
                .rejected, "oci.signature.unknown-key", "\(reference.text) is signed by a key that is not known here.",
                why: "Its name is \((versions[0].envelope.signatures.first?.keyid ?? "").printable).",
                fix: "Get the key from who signed it, and give it: --key FILE; or take it unverified: --unverified.")
        }
    }

    /// The parts of a config that are used; others are left unread, because versions of the specification differ.
    private struct Config: Decodable {
        var descriptor: Descriptor?

        struct Descriptor: Decodable {
            var name: String?
            var description: String?
        }
    }

    private func config(of manifest: OCIManifest, _ remote: OCIRegistry) async throws -> Config {
        try OCIDocument(try await bytes(of: manifest.config, remote)).decode(Config.self, as: "the config of a model")
    }

    /// A small blob, in memory.
    private func bytes(of descriptor: OCIDescriptor, _ remote: OCIRegistry) async throws -> [UInt8] {
        guard descriptor.size <= Int64(Attestations.largestStatement * 2) else {
            throw Problem(.rejected, "oci.document.too-large", "A document of the artifact has \(descriptor.size) bytes.")
        }
        var bytes: [UInt8] = []
        let download = BlobDownload(registry: remote, digest: try descriptor.blobDigest(), size: descriptor.size) { _ in }
        for try await piece in download { bytes += piece }
        return bytes
    }
}
