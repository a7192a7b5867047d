// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import Testing

@Suite("Merkle tree")
struct MerkleTreeTests {
    private let leaves: [TreeHash]
    private let roots: [TreeHash]
    private let golden: JSONValue

    init() throws {
        golden = try GoldenFile.json("rfc6962.json")
        leaves = (golden["leaves"]?.array ?? []).compactMap(\.bytes).map(MerkleTree.leafHash(of:))
        roots = (golden["roots"]?.array ?? []).compactMap(\.hash)
        try #require(leaves.count == 8 && roots.count == 9)
    }

    /// The definition of RFC 6962 section 2.1, word for word.
    private static func definedRoot(_ leaves: ArraySlice<TreeHash>) -> TreeHash {
        guard let first = leaves.first else { return MerkleTree.emptyRoot }
        if leaves.count == 1 { return first }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        return MerkleTree.nodeHash(
            definedRoot(leaves[leaves.startIndex..<leaves.startIndex + split]), definedRoot(leaves[(leaves.startIndex + split)...]))
    }

    private static func nodes(over leaves: [TreeHash]) -> MerkleTree.Nodes {
        { level, index in
            let start = Int(index) << level
            return definedRoot(leaves[start..<start + (1 << level)])
        }
    }

    private static func sample(_ count: Int) -> [TreeHash] {
        (0..<count).map { MerkleTree.leafHash(of: Array("entry \($0)".utf8)) }
    }

    @Test("gives the reference roots for 0 to 8 leaves, from nodes and from a compact range")
    func rootsOfReferenceTree() throws {
        var range = CompactRange()
        for size in 0...8 {
            #expect(try MerkleTree.root(size: Int64(size), nodes: Self.nodes(over: leaves)) == roots[size])
            #expect(range.root == roots[size])
            if size < 8 { range.append(leaves[size]) }
        }
    }

    @Test("completes the reference tree's inner nodes while appending")
    func completedNodes() throws {
        var range = CompactRange()
        var nodes: [[TreeHash]] = [[], [], [], []]
        for leaf in leaves {
            range.append(leaf) { level, index, hash in
                #expect(index == Int64(nodes[level].count))
                nodes[level].append(hash)
            }
        }
        #expect(nodes == (golden["nodes"]?.array ?? []).map { ($0.array ?? []).compactMap(\.hash) })
    }

    @Test("makes and accepts the reference inclusion proofs")
    func inclusionVectors() throws {
        let vectors = try #require(golden["inclusion"]?.array)
        for vector in vectors {
            let index = try #require(vector["index"]?.integer)
            let size = try #require(vector["size"]?.integer)
            let expected = try #require(vector["proof"]?.array).compactMap(\.hash)
            let proof = try MerkleTree.inclusionProof(of: index, size: size, nodes: Self.nodes(over: leaves))
            #expect(proof == expected, "leaf \(index) of \(size)")
            #expect(MerkleTree.isIncluded(leaves[Int(index)], at: index, size: size, root: roots[Int(size)], proof: expected))
        }
    }

    @Test("makes and accepts the reference consistency proofs")
    func consistencyVectors() throws {
        let vectors = try #require(golden["consistency"]?.array)
        for vector in vectors {
            let old = try #require(vector["from"]?.integer)
            let new = try #require(vector["to"]?.integer)
            let expected = try #require(vector["proof"]?.array).compactMap(\.hash)
            #expect(try MerkleTree.consistencyProof(from: old, to: new, nodes: Self.nodes(over: leaves)) == expected, "\(old) to \(new)")
            #expect(MerkleTree.isConsistent(from: old, roots[Int(old)], to: new, roots[Int(new)], proof: expected))
        }
    }

    @Test("proves every leaf of every tree up to 33 leaves, and nothing else")
    func inclusionProofs() throws {
        let leaves = Self.sample(33)
        let foreign = MerkleTree.leafHash(of: [1, 2, 3])
        for size in 1...33 {
            let root = Self.definedRoot(leaves[..<size])
            let nodes = Self.nodes(over: Array(leaves[..<size]))
            for index in 0..<size {
                let proof = try MerkleTree.inclusionProof(of: Int64(index), size: Int64(size), nodes: nodes)
                func isIncluded(
                    _ leaf: TreeHash? = nil, at place: Int? = nil, size otherSize: Int? = nil, root otherRoot: TreeHash? = nil,
                    proof otherProof: [TreeHash]? = nil
                ) -> Bool {
                    MerkleTree.isIncluded(
                        leaf ?? leaves[index], at: Int64(place ?? index), size: Int64(otherSize ?? size), root: otherRoot ?? root,
                        proof: otherProof ?? proof)
                }
                #expect(isIncluded())
                #expect(!isIncluded(foreign))
                #expect(!isIncluded(at: index + 1))
                #expect(!isIncluded(at: -1))
                #expect(!isIncluded(size: index))
                #expect(!isIncluded(root: foreign))
                #expect(!isIncluded(proof: proof + [foreign]))
                if !proof.isEmpty { #expect(!isIncluded(proof: Array(proof.dropLast()))) }
                for place in proof.indices {
                    var changed = proof
                    changed[place] = foreign
                    #expect(!isIncluded(proof: changed))
                }
            }
        }
    }

    @Test("proves every pair of sizes up to 33 consistent, and no other roots")
    func consistencyProofs() throws {
        let leaves = Self.sample(33)
        let roots = (0...33).map { Self.definedRoot(leaves[..<$0]) }
        let foreign = MerkleTree.leafHash(of: [1, 2, 3])
        for new in 0...33 {
            for old in 0...new {
                let proof = try MerkleTree.consistencyProof(from: Int64(old), to: Int64(new), nodes: Self.nodes(over: leaves))
                func isConsistent(_ oldRoot: TreeHash, _ newRoot: TreeHash, _ proof: [TreeHash]) -> Bool {
                    MerkleTree.isConsistent(from: Int64(old), oldRoot, to: Int64(new), newRoot, proof: proof)
                }
                #expect(isConsistent(roots[old], roots[new], proof), "\(old) to \(new)")
                #expect(!isConsistent(foreign, roots[new], proof))
                #expect(!isConsistent(roots[old], roots[new], proof + [foreign]))
                if old > 0 { #expect(!isConsistent(roots[old], foreign, proof)) }
                for place in proof.indices {
                    var changed = proof
                    changed[place] = foreign
                    #expect(!isConsistent(roots[old], roots[new], changed))
                }
            }
        }
    }

    @Test("computes the same nodes from tiles as from leaves", arguments: [1, 255, 256, 257, 70_000])
    func nodesFromTiles(size: Int) throws {
        var rows: [[TreeHash]] = [[], [], [], []]
        var range = CompactRange()
        for number in 0..<size {
            range.append(MerkleTree.leafHash(of: Array("\(number)".utf8))) { level, _, hash in
                if level.isMultiple(of: 8) { rows[level / 8].append(hash) }
            }
        }
        var tiles = TileNodes { tile in
            let start = Int(tile.index) * 256
            return Array(rows[tile.level][start..<start + tile.width(inTreeOf: Int64(size))])
        }
        #expect(try MerkleTree.root(size: Int64(size)) { try tiles.node(level: $0, index: $1) } == range.root)
        let index = Int64(size) * 2 / 3
        let proof = try MerkleTree.inclusionProof(of: index, size: Int64(size)) { try tiles.node(level: $0, index: $1) }
        #expect(MerkleTree.isIncluded(rows[0][Int(index)], at: index, size: Int64(size), root: range.root, proof: proof))
    }

    @Test("a compact range survives JSON, and refuses hashes that do not fit its size")
    func codableRange() throws {
        var range = CompactRange()
        for leaf in Self.sample(11) { range.append(leaf) }
        let json = try JSONEncoder().encode(range)
        #expect(try JSONDecoder().decode(CompactRange.self, from: json) == range)
        #expect(CompactRange(size: 7, hashes: range.hashes) != nil)
        #expect(CompactRange(size: 4, hashes: range.hashes) == nil)
    }
}
