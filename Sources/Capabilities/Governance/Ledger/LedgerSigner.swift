// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain

/// Signs what the tree has grown to, and never anything that contradicts what was signed before.
///
/// A checkpoint goes to the file outside the database first and becomes readable after, so that no published checkpoint is
/// newer than what this host would miss after the database was set back.
package struct LedgerSigner: Sendable {
    /// What was found in the checkpoint file at start-up.
    package enum FileState: Equatable, Sendable {
        /// The database holds everything up to this size, unchanged.
        case agrees(size: Int64)
        /// No file: a first start, a new host, or a file that someone removed. `signed` is the database's own last checkpoint.
        case absent(signed: Int64?)
    }

    package static let keyPurpose = "ledger-checkpoint"

    private let database: any Database
    private let signer: NoteSigner
    private let file: CheckpointFile
    private let clock: any WallClock

    package init(database: any Database, signer: NoteSigner, file: CheckpointFile, clock: any WallClock) {
        self.database = database
        self.signer = signer
        self.file = file
        self.clock = clock
    }

    /// With the vault's key for checkpoints.
    ///
    /// - Parameter origin: The log's name and its key's, such as `dhow.local/INSTANCE`; it never changes in the life of a ledger.
    package init(database: any Database, vault: any KeyVault, origin: String, file: CheckpointFile, clock: any WallClock) async throws {
        let signer = try NoteSigner(name: origin, seed: try await vault.secret(for: Self.keyPurpose))
        self.init(database: database, signer: signer, file: file, clock: clock)
    }

    /// The public key, to be published and handed to auditors.
    package var verifier: NoteVerifier { signer.verifier }

    /// Signs a checkpoint when the tree has grown since the last one.
    ///
    /// - Throws: `Problem` `ledger.checkpoint.behind` or `.inconsistent` when the tree contradicts a checkpoint signed before.
    package func sign() async throws -> Checkpoint? {
        let kept = try keptCheckpoint()
        let signed: (checkpoint: Checkpoint, note: SignedNote)? = try await database.read { [signer] transaction in
            let tree = LedgerTreeTable(transaction: transaction)
            let range = try tree.range()
            let last = try tree.lastCheckpoint().map { try Checkpoint($0.note, signedBy: signer.verifier) }
            for earlier in [kept?.checkpoint, last].compactMap(\.self) { try Self.require(range, toExtend: earlier, tree) }
            guard range.size > (last?.size ?? 0) else { return nil }
            // The file may be ahead of the table when a process ended between the two.
            if let kept, kept.checkpoint.size == range.size { return kept }
            let checkpoint = Checkpoint(origin: signer.verifier.name, size: range.size, root: range.root)
            return (checkpoint, try signer.sign(checkpoint.text))
        }
        guard let signed else { return nil }
        if signed.checkpoint.size > (kept?.checkpoint.size ?? 0) { try file.write(signed.note) }
        let time = clock.now()
        let isNew = try await database.write { transaction in
            try LedgerTreeTable(transaction: transaction).insert(signed.note, size: signed.checkpoint.size, at: time)
        }
        return isNew ? signed.checkpoint : nil
    }

    /// Compares the database with the last checkpoint this host signed; call before anything is served.
    ///
    /// Costs O(log n) reads: it finds a database that was set back or rewritten. What was changed inside single rows is for `LedgerVerification`.
    ///
    /// - Throws: `Problem` `ledger.checkpoint.behind` when entries are missing, `.inconsistent` when the tree is another one.
    package func verifyAgainstFile() async throws -> FileState {
        let kept = try keptCheckpoint()
        return try await database.read { transaction in
            let tree = LedgerTreeTable(transaction: transaction)
            guard let kept else { return .absent(signed: try tree.lastCheckpoint()?.size) }
            try Self.require(try tree.range(), toExtend: kept.checkpoint, tree)
            return .agrees(size: kept.checkpoint.size)
        }
    }

    private func keptCheckpoint() throws -> (checkpoint: Checkpoint, note: SignedNote)? {
        guard let note = try file.read() else { return nil }
        do {
            return (try Checkpoint(note, signedBy: signer.verifier), note)
        } catch {
            throw Problem(
                .conflict, "ledger.checkpoint.foreign", "The checkpoint file \(file.path) is not signed by this ledger's key.",
                why: error.description,
                fix:
                    "Restore the key that belongs to this database. If the key was replaced on purpose, verify the ledger and move the file away."
            )
        }
    }

    private static func require(_ range: CompactRange, toExtend earlier: Checkpoint, _ tree: LedgerTreeTable) throws {
        guard range.size >= earlier.size else {
            throw Problem(
                .conflict, "ledger.checkpoint.behind",
                "The database is behind the ledger's last checkpoint: entries from \(range.size) to \(earlier.size - 1) are missing.",
                why: "It was restored from an older copy, or entries were removed.",
                fix:
                    "Restore a newer copy of the database. To go on without those entries, keep the checkpoint file as evidence and move it away."
            )
        }
        let isConsistent: Bool
        do {
            let proof = try MerkleTree.consistencyProof(from: earlier.size, to: range.size, nodes: tree.nodes())
            isConsistent = MerkleTree.isConsistent(from: earlier.size, earlier.root, to: range.size, range.root, proof: proof)
        } catch let problem as Problem where problem.code.hasPrefix("ledger.tile.") {
            isConsistent = false
        }
        guard isConsistent else {
            throw Problem(
                .conflict, "ledger.checkpoint.inconsistent",
                "The database's ledger is not a continuation of the checkpoint signed at size \(earlier.size).",
                why: "Entries below \(earlier.size), or the tree over them, were changed.",
                fix: "Verify the ledger: it names the first entry that differs. Then restore the database from a copy that verifies.")
        }
    }
}
