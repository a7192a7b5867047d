// SPDX-License-Identifier: Apache-2.0

import Crypto
package import Domain
import Foundation

/// A public key that statements are checked with: this installation's own, or one of another that somebody was given.
package struct AttestationKey: Sendable {
    /// Most keys of one text.
    package static let maximumKeys = 100

    /// SHA-256 of the key as DER, in hexadecimal digits.
    package let id: String
    private let key: Curve25519.Signing.PublicKey

    init(_ key: Curve25519.Signing.PublicKey) {
        self.key = key
        id = SHA256.hash(data: AttestationSigner.encoded(key)).lowercaseHexadecimal
    }

    /// All Ed25519 keys of a PEM text, as `dhow version provenance --key` prints one.
    ///
    /// - Throws: `Problem` `.invalid` when it holds none, or something else.
    package static func keys(inPEM text: String) throws(Problem) -> [AttestationKey] {
        let (begin, end) = ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----")
        var keys: [AttestationKey] = []
        for part in text.components(separatedBy: begin).dropFirst() {
            guard let close = part.range(of: end),
                let data = Data(base64Encoded: String(part[..<close.lowerBound]), options: .ignoreUnknownCharacters), data.count > 32,
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: data.suffix(32)), AttestationSigner.encoded(key) == data
            else { throw refusal }
            keys.append(AttestationKey(key))
        }
        guard (1...maximumKeys).contains(keys.count) else { throw refusal }
        return keys
    }

    /// Whether any of the envelope's signatures is of this key.
    package func verifies(_ envelope: SignedEnvelope) -> Bool {
        guard let payload = Data(base64Encoded: envelope.payload) else { return false }
        let signed = SignedEnvelope.preAuthenticationEncoding(envelope.payloadType, Array(payload))
        return envelope.signatures.contains { signature in
            Data(base64Encoded: signature.sig).map { key.isValidSignature($0, for: signed) } ?? false
        }
    }

    private static let refusal = Problem(
        .invalid, "provenance.key.unreadable", "The text holds no public key that statements can be checked with.",
        why: "They are Ed25519 keys as PEM, 1 to \(maximumKeys) of them.", fix: "Give what 'dhow version provenance --key' prints.")
}
