// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Proof that one entry stands in the ledger, as text that needs no ledger to be checked (C2SP tlog-proof@v1).
///
/// `extra` carries the entry itself, which the specification leaves to applications; what it says counts only because it hashes to the proven leaf.
package struct LedgerReceipt: Hashable, Sendable {
    private static let header = "c2sp.org/tlog-proof@v1"

    package let index: Int64
    package let proof: [TreeHash]
    package let checkpoint: SignedNote
    /// Canonical bytes; nil when the receipt goes without them.
    package let entry: [UInt8]?

    package init(index: Int64, proof: [TreeHash], checkpoint: SignedNote, entry: [UInt8]?) {
        self.index = index
        self.proof = proof
        self.checkpoint = checkpoint
        self.entry = entry
    }

    /// - Throws: `Problem` `ledger.receipt.malformed`, or that of the checkpoint inside.
    package init(parsing text: String) throws(Problem) {
        let bytes = Array(text.utf8)
        guard bytes.count <= SignedNote.maximumSize,
            let blank = bytes.indices.dropLast().first(where: { bytes[$0] == 10 && bytes[$0 + 1] == 10 })
        else { throw Self.malformed("It has no blank line before the checkpoint.") }
        var lines = bytes[..<blank].split(separator: 10, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }[...]
        guard lines.popFirst() == Self.header else { throw Self.malformed("Its first line is not '\(Self.header)'.") }
        var entry: [UInt8]?
        if let line = lines.first, line.hasPrefix("extra ") {
            entry = [UInt8](exactBase64: line.dropFirst(6))
            if entry == nil { throw Self.malformed("Its extra data is not base64.") }
            lines.removeFirst()
        }
        guard let line = lines.popFirst(), line.hasPrefix("index "), let index = Int64(line.dropFirst(6)), index >= 0,
            line == "index \(index)"
        else { throw Self.malformed("It has no line 'index NUMBER'.") }
        var proof: [TreeHash] = []
        for line in lines {
            guard let hash = TreeHash(base64: line), proof.count < 63 else {
                throw Self.malformed("Its proof is not up to 63 base64 hashes.")
            }
            proof.append(hash)
        }
        let note = try SignedNote(parsing: String(decoding: bytes[(blank + 2)...], as: UTF8.self))
        self.init(index: index, proof: proof, checkpoint: note, entry: entry)
    }

    /// Checks signature and proof.
    ///
    /// - Parameter entry: The canonical entry one wants proven; nil takes the one inside.
    /// - Returns: The checkpoint that covers the entry.
    /// - Throws: `Problem` `ledger.receipt.unproven` when the entry is not at this index of the signed tree.
    @discardableResult
    package func verify(_ entry: [UInt8]? = nil, by verifier: NoteVerifier) throws(Problem) -> Checkpoint {
        let checkpoint = try Checkpoint(checkpoint, signedBy: verifier)
        guard let entry = entry ?? self.entry else {
            throw Problem(
                .invalid, "ledger.receipt.incomplete", "The receipt does not carry its entry.",
                fix: "Give the entry's canonical JSON beside it.")
        }
        guard MerkleTree.isIncluded(MerkleTree.leafHash(of: entry), at: index, size: checkpoint.size, root: checkpoint.root, proof: proof)
        else {
            throw Problem(
                .rejected, "ledger.receipt.unproven", "The entry is not entry \(index) of the ledger '\(checkpoint.origin.printable)'.",
                why: "Its hash and the proof do not lead to the signed root.")
        }
        return checkpoint
    }

    private static func malformed(_ why: String) -> Problem {
        Problem(.invalid, "ledger.receipt.malformed", "This is not a transparency log proof.", why: why)
    }
}

/// The text to keep, by custom in a file `….tlog-proof`.
extension LedgerReceipt: CustomStringConvertible {
    package var description: String {
        var lines = [Self.header]
        if let entry { lines.append("extra \(entry.base64)") }
        lines.append("index \(index)")
        lines += proof.map(\.base64)
        return lines.map { $0 + "\n" }.joined() + "\n" + checkpoint.description
    }
}
