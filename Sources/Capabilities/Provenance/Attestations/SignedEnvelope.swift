// SPDX-License-Identifier: Apache-2.0

package import Crypto
package import Domain
import Foundation

/// A payload with signatures over it: DSSE v1 (github.com/secure-systems-lab/dsse, `protocol.md` and `envelope.md`).
package struct SignedEnvelope: Codable, Sendable, Equatable {
    package struct Signature: Codable, Sendable, Equatable {
        package var keyid: String
        /// Base 64.
        package var sig: String
    }

    /// Of in-toto statements.
    package static let statementType = "application/vnd.in-toto+json"

    package var payloadType: String
    /// Base 64.
    package var payload: String
    package var signatures: [Signature]

    /// The bytes that are signed: lengths in decimal before type and payload, so that neither can be taken for the other.
    package static func preAuthenticationEncoding(_ type: String, _ payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }
}

/// Signs statements with the installation's own Ed25519 key, which is for nothing else.
package struct AttestationSigner: Sendable {
    /// Names the secret of the key vault that the key is.
    package static let keyPurpose = "attestations"

    private let key: Curve25519.Signing.PrivateKey
    /// SHA-256 of the public key as DER, in hexadecimal digits.
    package let keyID: String

    /// - Parameter seed: The 32 bytes of an Ed25519 private key (RFC 8032).
    package init(seed: SymmetricKey) throws(Problem) {
        guard let key = try? seed.withUnsafeBytes({ try Curve25519.Signing.PrivateKey(rawRepresentation: $0) }) else {
            throw Problem(.internal, "provenance.key.malformed", "The secret of the key for attestations is not 32 bytes long.")
        }
        self.key = key
        keyID = SHA256.hash(data: Self.encoded(key.publicKey)).lowercaseHexadecimal
    }

    /// PEM of the SubjectPublicKeyInfo (RFC 8410), as OpenSSL and the tools of others read it.
    package var publicKey: String {
        "-----BEGIN PUBLIC KEY-----\n\(Self.encoded(key.publicKey).base64EncodedString())\n-----END PUBLIC KEY-----\n"
    }

    package var verifyingKey: AttestationKey { AttestationKey(key.publicKey) }

    package func sign(_ payload: [UInt8], as type: String) throws -> SignedEnvelope {
        let signature = try key.signature(for: SignedEnvelope.preAuthenticationEncoding(type, payload))
        return SignedEnvelope(
            payloadType: type, payload: Data(payload).base64EncodedString(),
            signatures: [SignedEnvelope.Signature(keyid: keyID, sig: signature.base64EncodedString())])
    }

    static func encoded(_ key: Curve25519.Signing.PublicKey) -> Data {
        // SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes }
        Data([0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]) + key.rawRepresentation
    }
}
