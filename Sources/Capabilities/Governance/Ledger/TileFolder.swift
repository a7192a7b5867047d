// SPDX-License-Identifier: Apache-2.0

import Domain
package import Foundation

/// A log as plain files (C2SP tlog-tiles): `checkpoint`, `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`.
package struct TileFolder: Sendable {
    package let url: URL

    package init(_ url: URL) {
        self.url = url
    }

    /// - Throws: `Problem` `ledger.export.missing` when the folder has no checkpoint, `ledger.note.malformed` when it is none.
    package func checkpoint() throws -> SignedNote {
        guard let bytes = read("checkpoint"), let text = String(validating: bytes, as: UTF8.self) else {
            throw Problem(
                .notFound, "ledger.export.missing", "\(url.path) is not an exported ledger: it has no readable file 'checkpoint'.",
                fix: "Give the folder that 'dhow ledger export' wrote.")
        }
        return try SignedNote(parsing: text)
    }

    /// The first `width` hashes of a tile; nil when the file is missing or too short. A wider file is accepted in place of a partial one.
    package func hashes(of tile: MerkleTile, width: Int) -> [TreeHash]? {
        guard let bytes = read(tile.path(width: width)) ?? read(tile.path(width: MerkleTile.width)),
            let hashes = [TreeHash](concatenated: bytes), hashes.count >= width
        else { return nil }
        return Array(hashes.prefix(width))
    }

    /// The first `width` entries of a bundle; nil when the file is missing or too short.
    package func entries(of bundle: Int64, width: Int) -> [ArraySlice<UInt8>]? {
        let paths = [width, MerkleTile.width].map { MerkleTile.entriesPath(index: bundle, width: $0) }
        guard let bytes = read(paths[0]) ?? read(paths[1]), let entries = EntryBundle.entries(in: bytes), entries.count >= width else {
            return nil
        }
        return Array(entries.prefix(width))
    }

    func write(_ note: SignedNote) throws { try write(Array(note.description.utf8), to: "checkpoint") }

    func write(_ hashes: [TreeHash], of tile: MerkleTile) throws {
        try write(hashes.concatenated, to: tile.path(width: hashes.count))
    }

    func write(_ entries: [[UInt8]], ofBundle index: Int64) throws {
        try write(EntryBundle.bytes(of: entries), to: MerkleTile.entriesPath(index: index, width: entries.count))
    }

    func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: url.appending(path: path).path) }

    private func read(_ path: String) -> [UInt8]? {
        (try? Data(contentsOf: url.appending(path: path))).map { [UInt8]($0) }
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = url.appending(path: path)
        do {
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file, options: .atomic)
        } catch {
            throw Problem(
                .unavailable, "ledger.export.unwritable", "\(file.path) cannot be written.", why: error.localizedDescription,
                fix: "Free space, or choose a folder that Dhow may write to.")
        }
    }
}

/// Up to 256 entries in one file: each preceded by its length as two big-endian bytes.
package enum EntryBundle {
    package static func bytes(of entries: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for entry in entries {
            precondition(entry.count <= UInt16.max, "Entries have at most \(LedgerEntry.maximumSize) bytes.")
            bytes += [UInt8(entry.count >> 8), UInt8(entry.count & 255)]
            bytes += entry
        }
        return bytes
    }

    /// Nil when the bytes do not end with an entry.
    package static func entries(in bytes: [UInt8]) -> [ArraySlice<UInt8>]? {
        var entries: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 2 else { return nil }
            let count = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            guard rest.count >= count else { return nil }
            entries.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return entries
    }
}
