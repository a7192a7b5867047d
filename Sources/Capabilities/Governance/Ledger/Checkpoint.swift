// SPDX-License-Identifier: Apache-2.0

package import Domain

/// What a log says of itself at one size (C2SP tlog-checkpoint); signed, it commits the log to every entry before.
package struct Checkpoint: Hashable, Sendable {
    package var origin: String
    package var size: Int64
    package var root: TreeHash
    /// Opaque lines after the root; ours have none.
    package var extensions: [String]

    package init(origin: String, size: Int64, root: TreeHash, extensions: [String] = []) {
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// - Throws: `Problem` `ledger.checkpoint.malformed` unless the text is origin, size without leading zeros, base64 root and non-empty further lines.
    package init(parsing text: String) throws(Problem) {
        let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { String($0) ?? "" }
        guard lines.count >= 4, lines.last == "", lines.dropLast().allSatisfy({ !$0.isEmpty }),
            let size = Int64(lines[1]), size >= 0, String(size) == lines[1], let root = TreeHash(base64: lines[2])
        else {
            throw Problem(
                .invalid, "ledger.checkpoint.malformed", "This text is not a checkpoint.",
                why: "A checkpoint has an origin, a size, the base64 of a root, and no empty line.")
        }
        self.init(origin: lines[0], size: size, root: root, extensions: Array(lines[3..<(lines.count - 1)]))
    }

    /// Reads a signed checkpoint of the log `verifier` stands for.
    ///
    /// - Throws: `Problem` when the note is unsigned, forged or malformed, or its origin is not the verifier's name.
    package init(_ note: SignedNote, signedBy verifier: NoteVerifier) throws(Problem) {
        try note.verify(by: [verifier])
        try self.init(parsing: note.text)
        guard origin == verifier.name else {
            throw Problem(
                .rejected, "ledger.checkpoint.foreign", "This checkpoint is of the log '\(origin.printable)', not of '\(verifier.name)'.",
                fix: "Give the checkpoint and the verifier key of the same log.")
        }
    }

    package var text: String {
        ([origin, String(size), root.base64] + extensions).map { $0 + "\n" }.joined()
    }
}
