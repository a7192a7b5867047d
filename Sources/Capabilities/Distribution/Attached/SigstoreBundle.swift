// SPDX-License-Identifier: Apache-2.0

package import Provenance

/// A signed envelope as others look for it beside an artifact: a Sigstore bundle whose key the verifier has already
/// (github.com/sigstore/protobuf-specs, `sigstore_bundle.proto`).
package struct SigstoreBundle: Codable, Sendable, Equatable {
    package static let mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

    package var mediaType = Self.mediaType
    package var verificationMaterial: Material
    package var dsseEnvelope: SignedEnvelope

    package struct Material: Codable, Sendable, Equatable {
        package var publicKey: Key
    }

    package struct Key: Codable, Sendable, Equatable {
        /// Which key is meant; ours are named by their digest.
        package var hint: String
    }

    package init(_ envelope: SignedEnvelope) {
        verificationMaterial = Material(publicKey: Key(hint: envelope.signatures.first?.keyid ?? ""))
        dsseEnvelope = envelope
    }
}
