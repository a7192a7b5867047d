// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

extension LedgerVerification {
    /// Verifies an exported folder, without any database.
    ///
    /// - Throws: `Problem` when the folder holds no checkpoint of this ledger; what is wrong below it stands in the report.
    package func verify(_ folder: TileFolder) throws -> LedgerReport {
        let checkpoint = try Checkpoint(try folder.checkpoint(), signedBy: verifier)
        var found = LedgerReport(checkpoints: 1)
        let commitments =
            knownCommitments(&found)
            + [TreeCheck.Commitment(size: checkpoint.size, root: checkpoint.root, place: "the folder's checkpoint")]
        var check = TreeCheck(commitments: commitments, found: found)
        let width = Int64(MerkleTile.width)
        for bundle in 0..<(checkpoint.size + width - 1) / width {
            addEntries(of: bundle, in: folder, size: checkpoint.size, to: &check)
        }
        for tile in MerkleTile.all(inTreeOf: checkpoint.size) where tile.level > 0 && check.isWhole {
            let start = Int(tile.index) * MerkleTile.width
            let count = tile.width(inTreeOf: checkpoint.size)
            let expected = check.tileRoots[tile.level].map { Array($0[start..<start + count]) }
            if folder.hashes(of: tile, width: count) != expected {
                check.add(
                    LedgerFinding(
                        .tree, seq: Int64(start) << Int64(8 * tile.level),
                        "The file \(tile.path(width: count)) does not hold the hashes of the entries below it."))
            }
        }
        return check.finish(size: checkpoint.size)
    }

    private func addEntries(of bundle: Int64, in folder: TileFolder, size: Int64, to check: inout TreeCheck) {
        let tile = MerkleTile(level: 0, index: bundle)
        let count = tile.width(inTreeOf: size)
        let first = bundle * Int64(MerkleTile.width)
        let hashes = folder.hashes(of: tile, width: count)
        if hashes == nil {
            check.add(LedgerFinding(.tree, seq: first, "The file \(tile.path(width: count)) is missing or too short."))
        }
        guard let entries = folder.entries(of: bundle, width: count) else {
            let path = MerkleTile.entriesPath(index: bundle, width: count)
            check.add(
                LedgerFinding(
                    .missing, seq: first, "Entries \(first) to \(first + Int64(count) - 1) are missing: \(path) is not there or not whole.")
            )
            for place in 0..<count { check.append(hashes?[place]) }
            return
        }
        for (place, entry) in entries.enumerated() {
            let actual = MerkleTree.leafHash(prefixed: [0] + entry)
            let seq = first + Int64(place)
            if let expected = hashes?[place], actual != expected {
                let id = Self.id(in: entry)
                let name = "Entry \(seq) (\((id ?? "without id").printable))"
                check.add(LedgerFinding(.changed, seq: seq, id: id, "\(name) was changed after it was recorded."))
            } else if !entry.withUnsafeBufferPointer({ CanonicalJSON.isCanonical($0) }) {
                check.add(LedgerFinding(.unreadable, seq: seq, id: Self.id(in: entry), "Entry \(seq) is not canonical JSON."))
            }
            check.append(hashes?[place] ?? actual)
        }
    }

    private static func id(in entry: ArraySlice<UInt8>) -> String? {
        (try? JSONDecoder().decode(JSONValue.self, from: Data(entry)))?["id"]?.text
    }
}
