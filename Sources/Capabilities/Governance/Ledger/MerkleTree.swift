// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The Merkle tree of RFC 6962 section 2.1 over SHA-256: hashes and proofs, without any storage of its own.
///
/// Proofs are made from the hashes of complete subtrees, asked for by level and index, and cost O(log² n) such look-ups.
package enum MerkleTree {
    /// The hash of the complete subtree over leaves `index << level ..< (index + 1) << level`.
    package typealias Nodes = (_ level: Int, _ index: Int64) throws -> TreeHash

    /// SHA-256 of nothing.
    package static let emptyRoot = TreeHash(SHA256().finalize())

    /// SHA-256(0x00 ‖ entry).
    package static func leafHash(of entry: [UInt8]) -> TreeHash {
        leafHash(prefixed: [0] + entry)
    }

    /// - Parameter bytes: The entry with its 0x00 already in front, so that a loop over many entries reuses one buffer.
    static func leafHash(prefixed bytes: [UInt8]) -> TreeHash {
        var sha = SHA256()
        bytes.withUnsafeBytes { sha.update(bufferPointer: $0) }
        return TreeHash(sha.finalize())
    }

    /// SHA-256(0x01 ‖ left ‖ right).
    package static func nodeHash(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        withUnsafeTemporaryAllocation(byteCount: 1 + 2 * TreeHash.byteCount, alignment: 8) { buffer in
            buffer[0] = 1
            left.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[1..<33]).copyMemory(from: $0) }
            right.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[33..<65]).copyMemory(from: $0) }
            var sha = SHA256()
            sha.update(bufferPointer: UnsafeRawBufferPointer(buffer))
            return TreeHash(sha.finalize())
        }
    }

    /// The root of the tree over the first `size` leaves.
    package static func root(size: Int64, nodes: Nodes) throws -> TreeHash {
        size == 0 ? emptyRoot : try hash(of: 0..<size, nodes)
    }

    /// The audit path of RFC 6962 section 2.1.1, from the leaf's sibling up to the root's child.
    ///
    /// - Precondition: `0 <= index < size`.
    package static func inclusionProof(of index: Int64, size: Int64, nodes: Nodes) throws -> [TreeHash] {
        precondition(index >= 0 && index < size, "The leaf is in the tree.")
        var range = 0..<size
        var path: [TreeHash] = []
        while range.count > 1 {
            let split = range.lowerBound + splitPoint(of: Int64(range.count))
            if index < split {
                path.append(try hash(of: split..<range.upperBound, nodes))
                range = range.lowerBound..<split
            } else {
                path.append(try hash(of: range.lowerBound..<split, nodes))
                range = split..<range.upperBound
            }
        }
        return path.reversed()
    }

    /// The consistency proof of RFC 6962 section 2.1.2 between the trees over the first `old` and the first `new` leaves.
    ///
    /// - Precondition: `0 <= old <= new`. From size 0 and between equal sizes the proof is empty.
    package static func consistencyProof(from old: Int64, to new: Int64, nodes: Nodes) throws -> [TreeHash] {
        precondition(old >= 0 && old <= new, "A tree only grows.")
        guard old > 0, old < new else { return [] }
        var range = 0..<new
        var isOldRootKnown = true
        var path: [TreeHash] = []
        while range.upperBound != old {
            let split = range.lowerBound + splitPoint(of: Int64(range.count))
            if old <= split {
                path.append(try hash(of: split..<range.upperBound, nodes))
                range = range.lowerBound..<split
            } else {
                path.append(try hash(of: range.lowerBound..<split, nodes))
                range = split..<range.upperBound
                isOldRootKnown = false
            }
        }
        if !isOldRootKnown { path.append(try hash(of: range, nodes)) }
        return path.reversed()
    }

    /// RFC 9162 section 2.1.3.2.
    package static func isIncluded(_ leaf: TreeHash, at index: Int64, size: Int64, root: TreeHash, proof: [TreeHash]) -> Bool {
        guard index >= 0, index < size else { return false }
        var position = index
        var last = size - 1
        var hash = leaf
        for sibling in proof {
            if last == 0 { return false }
            if position & 1 == 1 || position == last {
                hash = nodeHash(sibling, hash)
                while position & 1 == 0 && position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = nodeHash(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// RFC 9162 section 2.1.4.2; the empty tree is consistent with every tree, by an empty proof.
    package static func isConsistent(
        from old: Int64, _ oldRoot: TreeHash, to new: Int64, _ newRoot: TreeHash, proof: [TreeHash]
    ) -> Bool {
        guard old >= 0, old <= new else { return false }
        if old == new { return proof.isEmpty && oldRoot == newRoot }
        if old == 0 { return proof.isEmpty && oldRoot == emptyRoot }
        var path = proof[...]
        if old & (old - 1) == 0 { path = [oldRoot] + path }
        guard let first = path.popFirst() else { return false }
        var position = old - 1
        var last = new - 1
        while position & 1 == 1 {
            position >>= 1
            last >>= 1
        }
        var (oldHash, newHash) = (first, first)
        for sibling in path {
            if last == 0 { return false }
            if position & 1 == 1 || position == last {
                oldHash = nodeHash(sibling, oldHash)
                newHash = nodeHash(sibling, newHash)
                while position & 1 == 0 && position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                newHash = nodeHash(newHash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && oldHash == oldRoot && newHash == newRoot
    }

    /// The Merkle tree hash of a range that starts where a subtree of its size may start.
    private static func hash(of range: Range<Int64>, _ nodes: Nodes) throws -> TreeHash {
        let count = Int64(range.count)
        if count & (count - 1) == 0 {
            let level = count.trailingZeroBitCount
            return try nodes(level, range.lowerBound >> Int64(level))
        }
        let split = range.lowerBound + splitPoint(of: count)
        return nodeHash(try hash(of: range.lowerBound..<split, nodes), try hash(of: split..<range.upperBound, nodes))
    }

    /// The largest power of two below `count`, for counts of at least 2.
    private static func splitPoint(of count: Int64) -> Int64 {
        1 << Int64(63 - (count - 1).leadingZeroBitCount)
    }
}
