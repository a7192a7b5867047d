// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation
package import Provenance

/// A statement that was found beside an artifact, after it was checked.
package struct AttachedStatement: Sendable, Equatable {
    /// Of the manifest that carries it.
    package var digest: BlobDigest
    package var predicateType: String
    package var predicate: JSONValue
    package var envelope: SignedEnvelope
    /// The id of the key that verifies it; nil when none of those known is the one it names.
    package var keyID: String?

    /// Reads what a manifest carries that refers to `manifest`.
    ///
    /// - Parameters:
    ///   - content: The digest of the artifact's list of files, which statements about the version itself name.
    ///   - keys: Those that are trusted.
    /// - Throws: `Problem` `.rejected` `oci.statement.tampered` when it is about something else, or a trusted key named in it does not
    ///   verify it.
    package init(
        _ bundle: OCIDocument, carriedBy digest: BlobDigest, about manifest: BlobDigest, content: BlobDigest, keys: [AttestationKey]
    ) throws(Problem) {
        let read = try bundle.decode(SigstoreBundle.self, as: "a signed statement")
        let envelope = read.dsseEnvelope
        guard read.mediaType == SigstoreBundle.mediaType, envelope.payloadType == SignedEnvelope.statementType,
            envelope.signatures.count == 1, let statement = Self.statement(in: envelope),
            statement["_type"]?.text == ModelStatement.type,
            let predicateType = statement["predicateType"]?.text, let predicate = statement["predicate"]
        else { throw Self.tampered(digest, "It is no in-toto statement with one signature.") }

        let subjects = (statement["subject"]?.array ?? []).compactMap { $0["digest"]?["sha256"]?.text }
        let expected = predicateType == ProvenanceStatement.predicateType ? content : manifest
        guard subjects.first == expected.hexadecimal else { throw Self.tampered(digest, "It is about something else.") }
        if predicateType == ModelStatement.versionType {
            guard predicate["content"]?.text == content.description else { throw Self.tampered(digest, "It names other files.") }
        }
        if predicateType == ModelStatement.gateType {
            let document = predicate["document"]?.text ?? ""
            let found = BlobDigest(sha256: SHA256.hash(data: Data(document.utf8)))
            guard predicate["digest"]?.text == found.description else { throw Self.tampered(digest, "Its gate report was changed.") }
        }

        let named = keys.filter { $0.id == envelope.signatures[0].keyid || $0.id == read.verificationMaterial.publicKey.hint }
        let verifying = (named.isEmpty ? keys : named).first { $0.verifies(envelope) }
        guard named.isEmpty || verifying != nil else { throw Self.tampered(digest, "Its signature does not fit what it says.") }
        self.digest = digest
        self.predicateType = predicateType
        self.predicate = predicate
        self.envelope = envelope
        keyID = verifying?.id
    }

    static func statement(in envelope: SignedEnvelope) -> JSONValue? {
        Data(base64Encoded: envelope.payload).flatMap { try? JSONDecoder().decode(JSONValue.self, from: $0) }
    }

    static func tampered(_ digest: BlobDigest, _ why: String) -> Problem {
        Problem(
            .rejected, "oci.statement.tampered", "What is attached to the artifact cannot be trusted.", why: "\(why) It is \(digest).",
            fix: "Do not use the artifact; ask who pushed it.")
    }
}
