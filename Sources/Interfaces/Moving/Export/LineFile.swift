// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
package import Foundation

/// Lines of a file, one after another from a byte on; memory is that of a piece and the longest line.
package struct LineFile {
    package static let longestLine = 16 << 20
    private static let pieceSize = 256 << 10

    private let handle: FileHandle
    private let path: String
    private var rest = Data()
    private var isAtEnd = false
    /// Where the next line begins.
    package private(set) var offset: UInt64

    package init(_ file: URL, from offset: UInt64 = 0) throws {
        do {
            handle = try FileHandle(forReadingFrom: file)
            try handle.seek(toOffset: offset)
        } catch {
            throw Problem(.invalid, "export.file.unreadable", "'\(file.path)' cannot be read.", why: error.localizedDescription)
        }
        path = file.path
        self.offset = offset
    }

    /// The next line without its end; nil when there is none.
    package mutating func next() throws -> Data? {
        while true {
            if let end = rest.firstIndex(of: 10) {
                let line = Data(rest[rest.startIndex..<end])
                rest = rest[(end + 1)...]
                offset += UInt64(line.count) + 1
                return line
            }
            guard !isAtEnd else { return nil }
            guard rest.count <= Self.longestLine else {
                throw Problem(.tooLarge, "export.line.too-long", "'\(path)' has a line of more than \(Self.longestLine) bytes.")
            }
            let piece = try handle.read(upToCount: Self.pieceSize) ?? Data()
            if piece.isEmpty { isAtEnd = true } else { rest = Data(rest) + piece }
        }
    }

    package func close() throws {
        try handle.close()
    }

    /// SHA-256 of a file in hexadecimal, and how many bytes it has.
    package static func digest(of file: URL) throws -> (sha256: String, bytes: Int64) {
        guard let handle = try? FileHandle(forReadingFrom: file) else {
            throw Problem(.invalid, "export.file.unreadable", "'\(file.path)' cannot be read.", fix: "Restore it, or export anew.")
        }
        defer { try? handle.close() }
        var hash = SHA256()
        var bytes: Int64 = 0
        while let piece = try handle.read(upToCount: pieceSize), !piece.isEmpty {
            hash.update(data: piece)
            bytes += Int64(piece.count)
        }
        return (hash.finalize().lowercaseHexadecimal, bytes)
    }
}
