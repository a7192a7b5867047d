// SPDX-License-Identifier: Apache-2.0

package import Crypto
package import Domain
import Foundation

/// A public key that signed notes are checked with: name and Ed25519 key (C2SP signed-note, signature type 0x01).
package struct NoteVerifier: Hashable, Sendable {
    static let algorithm: UInt8 = 1

    package let name: String
    package let keyID: UInt32
    /// 32 bytes, RFC 8032.
    package let publicKey: [UInt8]

    /// - Throws: `Problem` `ledger.key.malformed` when the name is empty or holds a space, a control character or `+`, or the key is not a point.
    package init(name: String, publicKey: [UInt8]) throws(Problem) {
        guard Self.isKeyName(name) else {
            throw Problem(
                .invalid, "ledger.key.malformed", "'\(name.printable)' cannot be the name of a signing key.",
                why: "A key's name is not empty and holds no space, control character or '+'.",
                fix: "Use a name such as 'example.org/ledger'.")
        }
        guard (try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)) != nil else {
            throw Problem(.invalid, "ledger.key.malformed", "The public key of '\(name.printable)' is not an Ed25519 key of 32 bytes.")
        }
        self.name = name
        self.publicKey = publicKey
        let digest = SHA256.hash(data: Array(name.utf8) + [10, Self.algorithm] + publicKey)
        keyID = digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// From the text form `name+hexid+base64(0x01 ‖ key)`.
    ///
    /// - Throws: `Problem` `ledger.key.malformed`, also when the id is not the one of the key.
    package init(parsing text: String) throws(Problem) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = [UInt8](exactBase64: parts[2]), bytes.first == Self.algorithm else {
            throw Problem(
                .invalid, "ledger.key.malformed", "'\(text.printable)' is not a verifier key.",
                why: "A verifier key is NAME+ID+KEY: 8 hexadecimal digits and the base64 of 0x01 and an Ed25519 key.")
        }
        try self.init(name: String(parts[0]), publicKey: Array(bytes.dropFirst()))
        guard parts[1] == hexadecimalID else {
            throw Problem(
                .invalid, "ledger.key.malformed", "The id \(String(parts[1]).printable) is not the id of the key '\(name)'.",
                why: "Its id is \(hexadecimalID).", fix: "Copy the verifier key again from where it was published.")
        }
    }

    package var hexadecimalID: String { keyIDBytes.lowercaseHexadecimal }

    var keyIDBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: keyID >> (24 - 8 * UInt32($0))) } }

    func isValid(_ signature: some Sequence<UInt8>, over text: String) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
        return key.isValidSignature(Data(signature), for: Data(text.utf8))
    }

    static func isKeyName(_ name: String) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy { $0 != "+" && $0.value >= 32 && $0.value != 127 && !$0.properties.isWhitespace }
    }
}

/// The text form that people exchange.
extension NoteVerifier: CustomStringConvertible {
    package var description: String { "\(name)+\(hexadecimalID)+\(([Self.algorithm] + publicKey).base64)" }
}

/// The private half: signs notes under its name.
package struct NoteSigner: Sendable {
    package let verifier: NoteVerifier
    private let key: Curve25519.Signing.PrivateKey

    /// - Parameter seed: The 32 bytes of an Ed25519 private key (RFC 8032).
    package init(name: String, seed: SymmetricKey) throws(Problem) {
        guard let key = try? seed.withUnsafeBytes({ try Curve25519.Signing.PrivateKey(rawRepresentation: $0) }) else {
            throw Problem(.internal, "ledger.key.malformed", "The secret of '\(name.printable)' is not 32 bytes long.")
        }
        self.key = key
        verifier = try NoteVerifier(name: name, publicKey: [UInt8](key.publicKey.rawRepresentation))
    }

    /// - Parameter text: Ends in a newline.
    package func sign(_ text: String) throws -> SignedNote {
        let signature = try key.signature(for: Data(text.utf8))
        let line = SignedNote.Signature(name: verifier.name, keyID: verifier.keyID, bytes: [UInt8](signature))
        return try SignedNote(text: text, signatures: [line])
    }
}

extension NoteSigner: CustomStringConvertible {
    package var description: String { "\(verifier.name)+\(verifier.hexadecimalID)+<redacted>" }
}
