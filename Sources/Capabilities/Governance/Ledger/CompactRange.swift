// SPDX-License-Identifier: Apache-2.0

/// The right edge of a Merkle tree: all that is needed to append to it and to know its root.
///
/// Holds one hash for each set bit of `size`, largest subtree first; at most 63.
package struct CompactRange: Equatable, Sendable, Codable {
    package private(set) var size: Int64 = 0
    package private(set) var hashes: [TreeHash] = []

    package init() {}

    /// Nil unless there is one hash for each set bit of `size`.
    package init?(size: Int64, hashes: [TreeHash]) {
        guard size >= 0, hashes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.hashes = hashes
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let size = try container.decode(Int64.self, forKey: .size)
        guard let range = CompactRange(size: size, hashes: try container.decode([TreeHash].self, forKey: .hashes)) else {
            throw DecodingError.dataCorruptedError(
                forKey: .hashes, in: container, debugDescription: "One hash for each set bit of the size.")
        }
        self = range
    }

    private enum CodingKeys: CodingKey { case size, hashes }

    /// Adds one leaf in O(log n).
    ///
    /// - Parameter completed: Called for each subtree that this leaf completes, from the leaf itself (level 0) upwards.
    package mutating func append(_ leaf: TreeHash, completed: (_ level: Int, _ index: Int64, _ hash: TreeHash) -> Void = { _, _, _ in }) {
        var hash = leaf
        var level = 0
        completed(0, size, hash)
        while (size >> Int64(level)) & 1 == 1 {
            hash = MerkleTree.nodeHash(hashes.removeLast(), hash)
            level += 1
            completed(level, size >> Int64(level), hash)
        }
        hashes.append(hash)
        size += 1
    }

    package var root: TreeHash {
        guard var root = hashes.last else { return MerkleTree.emptyRoot }
        for left in hashes.dropLast().reversed() { root = MerkleTree.nodeHash(left, root) }
        return root
    }
}
