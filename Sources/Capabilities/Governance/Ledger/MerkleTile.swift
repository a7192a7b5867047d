// SPDX-License-Identifier: Apache-2.0

import Domain

/// Where a tile stands in the tree: 256 consecutive hashes of one level, levels counted in steps of eight (C2SP tlog-tiles).
///
/// Hash `i` of tile `index` at level `level` covers leaves `(index * 256 + i) * 256^level ..< (index * 256 + i + 1) * 256^level`.
package struct MerkleTile: Hashable, Sendable {
    package static let width = 256

    package var level: Int
    package var index: Int64

    package init(level: Int, index: Int64) {
        self.level = level
        self.index = index
    }

    /// How many hashes this tile has in a tree of `size` leaves; 0 when it does not exist.
    package func width(inTreeOf size: Int64) -> Int {
        let hashes = level * 8 < 63 ? size >> Int64(level * 8) : 0
        return Int(max(0, min(Int64(Self.width), hashes - index * Int64(Self.width))))
    }

    /// Every tile of a tree of `size` leaves, level by level.
    package static func all(inTreeOf size: Int64) -> [MerkleTile] {
        var tiles: [MerkleTile] = []
        var level = 0
        while level * 8 < 63, size >> Int64(level * 8) > 0 {
            let hashes = size >> Int64(level * 8)
            for index in 0..<(hashes + 255) / 256 { tiles.append(MerkleTile(level: level, index: index)) }
            level += 1
        }
        return tiles
    }

    /// `<N>[.p/<W>]`: the index in groups of three digits, all but the last with an `x`, and the width of a partial tile.
    package static func path(index: Int64, width: Int) -> String {
        var groups: [String] = []
        var rest = index
        repeat {
            let digits = String(rest % 1000)
            groups.append(String(repeating: "0", count: 3 - digits.count) + digits)
            rest /= 1000
        } while rest > 0
        let path = groups.reversed().enumerated().map { $0.offset < groups.count - 1 ? "x" + $0.element : $0.element }.joined(
            separator: "/")
        return width < Self.width ? "\(path).p/\(width)" : path
    }

    package func path(width: Int) -> String { "tile/\(level)/\(Self.path(index: index, width: width))" }

    /// The path of the bundle with the entries of the level 0 tile `index`.
    package static func entriesPath(index: Int64, width: Int) -> String { "tile/entries/\(path(index: index, width: width))" }
}

/// Node hashes for proofs, computed from tiles and remembered tile by tile.
package struct TileNodes {
    private let load: (MerkleTile) throws -> [TreeHash]
    private var tiles: [MerkleTile: [TreeHash]] = [:]

    /// - Parameter load: The hashes of one tile, as many as there are.
    package init(load: @escaping (MerkleTile) throws -> [TreeHash]) {
        self.load = load
    }

    /// - Throws: What `load` throws, and `Problem` `ledger.tile.short` when the tile lacks the hashes.
    package mutating func node(level: Int, index: Int64) throws -> TreeHash {
        let (tileLevel, height) = level.quotientAndRemainder(dividingBy: 8)
        let first = index << Int64(height)
        let tile = MerkleTile(level: tileLevel, index: first / Int64(MerkleTile.width))
        let start = Int(first % Int64(MerkleTile.width))
        let hashes = try tiles[tile] ?? load(tile)
        tiles[tile] = hashes
        guard start + (1 << height) <= hashes.count else {
            throw Problem(
                .internal, "ledger.tile.short", "Tile \(tile.index) of level \(tile.level) has \(hashes.count) hashes.",
                why: "A proof needs \(start + (1 << height)) of them.", fix: "Verify the ledger.")
        }
        var row = Array(hashes[start..<start + (1 << height)])
        while row.count > 1 {
            row = stride(from: 0, to: row.count, by: 2).map { MerkleTree.nodeHash(row[$0], row[$0 + 1]) }
        }
        return row[0]
    }
}
