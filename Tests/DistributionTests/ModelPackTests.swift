// SPDX-License-Identifier: Apache-2.0

import Crypto
import Distribution
import Domain
import Foundation
import Provenance
import Registry
import Testing

@Suite("Model packs")
struct ModelPackTests {
    static func version(_ paths: [String] = ["MLmodel", "README.md", "code/predict.py", "data/model.onnx"]) -> ModelVersion {
        var version = ModelVersion(
            id: "v", model: "churn", number: 3, author: "user:amina", created: Timestamp(milliseconds: 1_764_000_000_000),
            updated: Timestamp(milliseconds: 1_764_000_000_001))
        version.files = paths.map { VersionFile(path: $0, digest: OCIDocument(Array($0.utf8)).digest, size: Int64($0.utf8.count)) }
        return version
    }

    @Test("are manifests as the specification has them, a layer a file, always the same")
    func manifest() throws {
        let (document, config) = try ModelPack.pack(Self.version())
        let manifest = try document.decode(OCIManifest.self, as: "manifest")
        #expect(manifest.mediaType == "application/vnd.oci.image.manifest.v1+json")
        #expect(manifest.artifactType == "application/vnd.cncf.model.manifest.v1+json")
        #expect(manifest.config.mediaType == "application/vnd.cncf.model.config.v1+json")
        #expect(
            manifest.layers.map(\.mediaType) == [
                "application/vnd.cncf.model.weight.config.v1.raw", "application/vnd.cncf.model.doc.v1.raw",
                "application/vnd.cncf.model.code.v1.raw", "application/vnd.cncf.model.weight.v1.raw",
            ])
        #expect(manifest.layers.map { $0.annotations?["org.cncf.model.filepath"] } == Self.version().files.map(\.path))
        #expect(try ModelPack.pack(Self.version()).manifest == document)
        let told = try config.decode(ModelPackConfig.self, as: "config")
        #expect((told.descriptor.name, told.descriptor.version, told.config.format) == ("churn", "3", "onnx"))
        #expect(told.modelfs.diffIds == Self.version().files.map(\.digest.description))
        #expect(!String(decoding: document.bytes + config.bytes, as: UTF8.self).contains("amina"))
    }

    @Test("give their files back")
    func files() throws {
        let manifest = try ModelPack.pack(Self.version()).manifest.decode(OCIManifest.self, as: "manifest")
        #expect(try ModelPack.files(of: manifest) == Self.version().files)
    }

    @Test(
        "with layers that are no files are refused",
        arguments: [
            ("application/vnd.cncf.model.weight.v1.tar", "a", "oci.layer.packed"),
            ("application/vnd.oci.image.layer.v1.tar+gzip", "a", "oci.layer.packed"),
            ("application/vnd.cncf.model.weight.v1.raw", nil, "oci.layer.unnamed"),
            ("application/vnd.cncf.model.weight.v1.raw", "first", "oci.layer.twice"),
        ])
    func refused(type: String, name: String?, code: String) throws {
        let digest = OCIDocument([1]).digest
        let layers = [
            OCIDescriptor("application/octet-stream", digest, size: 1, annotations: ["org.opencontainers.image.title": "first"]),
            OCIDescriptor(type, digest, size: 1, annotations: name.map { ["org.cncf.model.filepath": $0] }),
        ]
        let manifest = OCIManifest(artifactType: nil, config: OCIDescriptor("x", digest, size: 1), layers: layers)
        #expect(#expect(throws: Problem.self) { try ModelPack.files(of: manifest) }?.code == code)
    }

    @Test("with names that lead out of a model are refused", arguments: ["../x", "/etc/passwd", "a/../b", "a//b", "a\\b", "."])
    func hostileNames(path: String) throws {
        let digest = OCIDocument([1]).digest
        let layer = OCIDescriptor("application/octet-stream", digest, size: 1, annotations: ["org.cncf.model.filepath": path])
        let manifest = OCIManifest(artifactType: nil, config: OCIDescriptor("x", digest, size: 1), layers: [layer])
        #expect(throws: Problem.self) { try ModelPack.files(of: manifest) }
    }
}

@Suite("Statements beside an artifact")
struct AttachedStatementTests {
    private let signer: AttestationSigner
    private let version = ModelPackTests.version()
    private let manifest = OCIDocument([1]).digest

    init() throws {
        signer = try AttestationSigner(seed: SymmetricKey(data: [UInt8](repeating: 5, count: 32)))
    }

    private func envelope(about digest: BlobDigest? = nil) throws -> SignedEnvelope {
        let statement = ModelStatement.version(version, pushedAs: digest ?? manifest, to: try OCIReference("oci://h/x"))
        return try signer.sign(Array(statement.jsonText.utf8), as: SignedEnvelope.statementType)
    }

    private func read(_ envelope: SignedEnvelope, content: BlobDigest? = nil, keys: [AttestationKey]) throws -> AttachedStatement {
        try AttachedStatement(
            OCIDocument(of: SigstoreBundle(envelope)), carriedBy: manifest, about: manifest, content: content ?? version.content, keys: keys
        )
    }

    @Test("are verified by the key of who signed, given as PEM")
    func verified() throws {
        let keys = try AttestationKey.keys(inPEM: signer.publicKey)
        let statement = try read(envelope(), keys: keys)
        #expect(statement.keyID == signer.keyID)
        #expect(statement.predicate["model"]?.text == "churn")
    }

    @Test("of a key that is not known are read, and said to be of none")
    func unknownKey() throws {
        let other = try AttestationSigner(seed: SymmetricKey(data: [UInt8](repeating: 6, count: 32)))
        #expect(try read(envelope(), keys: [other.verifyingKey]).keyID == nil)
    }

    @Test("are refused when they were changed, or are about something else")
    func tampered() throws {
        let keys = [signer.verifyingKey]
        var changed = try envelope()
        let text = try #require(Data(base64Encoded: changed.payload).map { String(decoding: $0, as: UTF8.self) })
        changed.payload = Data(text.replacing("\"version\":3", with: "\"version\":4").utf8).base64EncodedString()
        #expect(#expect(throws: Problem.self) { try read(changed, keys: keys) }?.code == "oci.statement.tampered")
        let elsewhere = try envelope(about: OCIDocument([2]).digest)
        #expect(#expect(throws: Problem.self) { try read(elsewhere, keys: keys) }?.code == "oci.statement.tampered")
        let whole = try envelope()
        #expect(#expect(throws: Problem.self) { try read(whole, content: manifest, keys: keys) }?.code == "oci.statement.tampered")
    }

    @Test("refuses texts that hold no key", arguments: ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
    func keys(text: String) {
        #expect(throws: Problem.self) { try AttestationKey.keys(inPEM: text) }
    }
}
