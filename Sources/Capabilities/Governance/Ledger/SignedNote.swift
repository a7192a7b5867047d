// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Text with signatures under it, as C2SP signed-note writes it:
///
///     text that ends in a newline
///
///     — key-name base64(key id ‖ signature)
package struct SignedNote: Hashable, Sendable {
    package struct Signature: Hashable, Sendable {
        package var name: String
        package var keyID: UInt32
        package var bytes: [UInt8]
    }

    package static let maximumSize = 1 << 20
    package static let maximumSignatures = 64

    /// With its final newline, without the blank line.
    package let text: String
    package let signatures: [Signature]

    /// - Throws: `Problem` `ledger.note.malformed` unless the text ends in a newline and holds no other control character.
    package init(text: String, signatures: [Signature]) throws(Problem) {
        guard text.utf8.last == 10, text.utf8.allSatisfy({ $0 >= 32 || $0 == 10 }) else {
            throw Self.malformed("Its text does not end in a newline, or holds a control character.")
        }
        self.text = text
        self.signatures = signatures
    }

    /// - Throws: `Problem` `ledger.note.malformed`.
    package init(parsing note: String) throws(Problem) {
        let bytes = Array(note.utf8)
        guard bytes.count <= Self.maximumSize else { throw Self.malformed("It is longer than \(Self.maximumSize) bytes.") }
        // The last blank line parts the text from the signatures.
        guard let blank = bytes.indices.dropLast().last(where: { bytes[$0] == 10 && bytes[$0 + 1] == 10 }), bytes.last == 10 else {
            throw Self.malformed("It has no blank line, or does not end in a newline.")
        }
        let lines = bytes[(blank + 2)...].split(separator: 10, omittingEmptySubsequences: false).dropLast()
        guard !lines.isEmpty, lines.count <= Self.maximumSignatures else {
            throw Self.malformed("It has \(lines.count) signatures; 1 to \(Self.maximumSignatures) are read.")
        }
        var signatures: [Signature] = []
        for line in lines { signatures.append(try Self.signature(in: String(decoding: line, as: UTF8.self))) }
        try self.init(text: String(decoding: bytes[...blank], as: UTF8.self), signatures: signatures)
    }

    /// Checks the note against the keys one trusts; signatures by other keys are ignored.
    ///
    /// - Returns: The keys that signed, at least one.
    /// - Throws: `Problem` `ledger.note.unsigned` when no trusted key signed, `ledger.note.forged` when a trusted key's signature is wrong.
    @discardableResult
    package func verify(by verifiers: [NoteVerifier]) throws(Problem) -> [NoteVerifier] {
        var valid: [NoteVerifier] = []
        for signature in signatures {
            guard let verifier = verifiers.first(where: { $0.name == signature.name && $0.keyID == signature.keyID }) else { continue }
            guard verifier.isValid(signature.bytes, over: text) else {
                throw Problem(
                    .rejected, "ledger.note.forged", "The signature of '\(verifier.name)' does not belong to this text.",
                    why: "The text or the signature was changed after signing.")
            }
            if !valid.contains(verifier) { valid.append(verifier) }
        }
        guard valid.isEmpty else { return valid }
        throw Problem(
            .rejected, "ledger.note.unsigned", "No trusted key has signed this note.",
            why: "It is signed by \(signatures.map { "'\($0.name.printable)'" }.joined(separator: ", ")); trusted: "
                + "\(verifiers.map { "\($0.name)+\($0.hexadecimalID)" }.joined(separator: ", ")).",
            fix: "Give the verifier key that belongs to this log.")
    }

    private static func signature(in line: String) throws(Problem) -> Signature {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "—", NoteVerifier.isKeyName(String(parts[1])),
            let bytes = [UInt8](exactBase64: parts[2]), bytes.count > 4
        else {
            throw malformed("'\(line.printable)' is not an em dash, a key's name and the base64 of a key id and a signature.")
        }
        return Signature(
            name: String(parts[1]), keyID: bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }, bytes: Array(bytes.dropFirst(4)))
    }

    private static func malformed(_ why: String) -> Problem {
        Problem(.invalid, "ledger.note.malformed", "This is not a signed note.", why: why)
    }
}

/// The note as it is written to a file or sent.
extension SignedNote: CustomStringConvertible {
    package var description: String {
        text + "\n"
            + signatures.map { signature in
                let keyID = (0..<4).map { UInt8(truncatingIfNeeded: signature.keyID >> (24 - 8 * UInt32($0))) }
                return "— \(signature.name) \((keyID + signature.bytes).base64)\n"
            }.joined()
    }
}
