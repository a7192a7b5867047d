// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation

/// Recomputes a ledger from its entries and says what is wrong with it; needs nothing but the ledger and its public key.
///
/// Every leaf hash, every tile, every archived checkpoint's signature and root are checked. Entries are read in batches, several at a
/// time; memory grows only with the number of checkpoints and of tiles.
package struct LedgerVerification: Sendable {
    package static let findingLimit = 100
    private static let batchSize: Int64 = 16 * Int64(MerkleTile.width)

    let verifier: NoteVerifier

    /// Checkpoints that someone kept elsewhere; the ledger must continue them too.
    let known: [SignedNote]

    /// - Parameter known: For example the one in the checkpoint file, or one that was sent to an auditor.
    package init(verifier: NoteVerifier, known: [SignedNote] = []) {
        self.verifier = verifier
        self.known = known
    }

    /// - Throws: Only when the database cannot be read; what is wrong with the ledger stands in the report.
    package func verify(_ database: any Database) async throws -> LedgerReport {
        var found = LedgerReport()
        var commitments = self.knownCommitments(&found)
        commitments += try await archivedCommitments(in: database, &found)
        let (state, unsequenced) = try await database.read { transaction in
            // Without a readable state row the size is taken from the entries.
            let state = try? LedgerTreeTable(transaction: transaction).range()
            let last: Int64? = try transaction.row("SELECT MAX(seq) AS last FROM ledger_entry WHERE seq >= 0")?["last"]
            let count: Int64? = try transaction.row("SELECT COUNT(*) AS count FROM ledger_entry WHERE seq IS NULL")?["count"]
            return ((range: state, size: state?.size ?? ((last ?? -1) + 1)), count ?? 0)
        }
        found.unsequenced = unsequenced
        var check = TreeCheck(commitments: commitments, found: found)
        if state.range == nil { check.add(LedgerFinding(.tree, "The ledger's state row is unreadable.")) }
        try await forEachBatch(of: state.size, in: database) { batch in
            for finding in batch.findings { check.add(finding) }
            for leaf in batch.leaves { check.append(leaf) }
        }
        for finding in try await surplus(from: state.size, in: database) { check.add(finding) }
        for finding in try await differingTiles(check, in: database) { check.add(finding) }
        if check.isWhole, let range = state.range, range != check.range {
            check.add(LedgerFinding(.tree, "The ledger's state row does not hold the right edge of its tree."))
        }
        return check.finish(size: state.size)
    }

    /// Reads batches side by side and hands them over in order.
    private func forEachBatch(of size: Int64, in database: any Database, _ body: (LedgerBatchCheck) -> Void) async throws {
        let starts = Array(stride(from: 0, to: size, by: Int64.Stride(Self.batchSize)))
        let parallel = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))
        try await withThrowingTaskGroup(of: (Int, LedgerBatchCheck).self) { group in
            func read(_ index: Int) {
                let range = starts[index]..<min(size, starts[index] + Self.batchSize)
                group.addTask { (index, try await database.read { try LedgerBatchCheck(of: range, in: $0) }) }
            }
            var waiting: [Int: LedgerBatchCheck] = [:]
            var next = 0
            for index in starts.indices.prefix(parallel) { read(index) }
            while let (index, batch) = try await group.next() {
                waiting[index] = batch
                while let batch = waiting.removeValue(forKey: next) {
                    body(batch)
                    // Only now another one starts, so that no more than `parallel` are held.
                    if next + parallel < starts.count { read(next + parallel) }
                    next += 1
                }
            }
        }
    }

    /// Every archived checkpoint that is signed; what is not becomes a finding.
    private func archivedCommitments(in database: any Database, _ report: inout LedgerReport) async throws -> [TreeCheck.Commitment] {
        var commitments: [TreeCheck.Commitment] = []
        var last: Int64 = -1
        while true {
            let page = try await database.read { [last] in try LedgerTreeTable(transaction: $0).checkpoints(after: last, limit: 5000) }
            for (size, note) in page {
                report.checkpoints += 1
                do {
                    let checkpoint = try Checkpoint(try SignedNote(parsing: note), signedBy: verifier)
                    if checkpoint.size != size {
                        report.add(LedgerFinding(.forged, "The checkpoint archived for size \(size) is of size \(checkpoint.size)."))
                    }
                    commitments.append(TreeCheck.Commitment(size: checkpoint.size, root: checkpoint.root, place: "an archived checkpoint"))
                } catch {
                    report.add(LedgerFinding(.forged, "The checkpoint archived for size \(size) is not valid. \(error.what)"))
                }
            }
            guard let size = page.last?.size else { return commitments }
            last = size
        }
    }

    func knownCommitments(_ report: inout LedgerReport) -> [TreeCheck.Commitment] {
        var commitments: [TreeCheck.Commitment] = []
        for note in known {
            report.checkpoints += 1
            do {
                let checkpoint = try Checkpoint(note, signedBy: verifier)
                commitments.append(TreeCheck.Commitment(size: checkpoint.size, root: checkpoint.root, place: "a checkpoint kept elsewhere"))
            } catch {
                report.add(LedgerFinding(.forged, "A checkpoint kept elsewhere is not valid. \(error.what)"))
            }
        }
        return commitments
    }

    /// Entries beyond the tree as it is now: a running server may have extended it since its size was read.
    private func surplus(from size: Int64, in database: any Database) async throws -> [LedgerFinding] {
        try await database.read { transaction in
            let end = max(size, (try? LedgerTreeTable(transaction: transaction).range().size) ?? size)
            return try transaction.rows("SELECT id, seq FROM ledger_entry WHERE seq >= ? ORDER BY seq LIMIT ?", end, Self.findingLimit).map
            {
                let (seq, id): (Int64, String) = (try $0["seq"], try $0["id"])
                return LedgerFinding(.surplus, seq: seq, id: id, "Entry \(seq) (\(id.printable)) is numbered, but not in the tree.")
            }
        }
    }

    /// Compares the stored tiles above the leaves with what the leaves give.
    private func differingTiles(_ check: TreeCheck, in database: any Database) async throws -> [LedgerFinding] {
        guard check.isWhole else { return [] }
        let (levels, sound) = (check.tileRoots, check.report.soundSize)
        return try await database.read { transaction in
            let tree = LedgerTreeTable(transaction: transaction)
            var findings: [LedgerFinding] = []
            for (level, hashes) in levels.sorted(by: { $0.key < $1.key }) {
                for start in stride(from: 0, to: hashes.count, by: MerkleTile.width) {
                    let tile = MerkleTile(level: level, index: Int64(start / MerkleTile.width))
                    let expected = hashes[start..<min(start + MerkleTile.width, hashes.count)]
                    var stored: [TreeHash] = []
                    do { stored = try tree.hashes(of: tile) } catch is Problem {}
                    guard let place = expected.indices.first(where: { $0 - start >= stored.count || stored[$0 - start] != expected[$0] })
                    else {
                        continue
                    }
                    let covered = (Int64(place) << Int64(8 * level))..<(Int64(place + 1) << Int64(8 * level))
                    // What a sound checkpoint covers was not changed, so it is the tile, or an entry above.
                    let first = sound < covered.upperBound ? max(sound, covered.lowerBound) : covered.lowerBound
                    findings.append(
                        LedgerFinding(
                            .tree, seq: first,
                            "Tile \(tile.index) of level \(level) does not hold the hash of entries \(covered.lowerBound) to \(covered.upperBound - 1)."
                        ))
                }
            }
            return findings
        }
    }
}
