// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Tracking

/// A file that a profile can be had of: CSV, also compressed with gzip, Parquet, or a profile made before. Which it is its first bytes tell.
package struct ProfileFile: Sendable {
    /// Hands over the rows of a Parquet file that is not read here as CSV, chunk by chunk.
    package typealias ParquetRows = @Sendable (_ path: String, _ chunk: ([UInt8]) throws -> Void) throws -> Void

    private enum Content {
        case profile, parquet, gzip, csv
    }

    private static let chunk = 1 << 20
    /// Of a profile.
    private static let maximumBytes = 256 << 20

    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// Reads the file once, from its begin to its end.
    ///
    /// - Throws: `Problem` `.notFound` or `.invalid` for what cannot be read.
    package func profile(_ options: ReadingOptions = ReadingOptions(), parquet: ParquetRows) throws -> TableProfile {
        let unreadable = Problem(
            .notFound, "profiling.file.unknown", "'\(path.printable)' cannot be read.", fix: "Check the path, and that it is a file.")
        guard let handle = FileHandle(forReadingAtPath: path) else { throw unreadable }
        defer { try? handle.close() }
        // Nil at the end of an empty file, an error for a folder.
        guard let start = try? handle.read(upToCount: 4) ?? Data() else { throw unreadable }
        switch content(start) {
        case .profile:
            return try stored()
        case .parquet:
            do {
                return try ParquetTable(path: path, options: options).profile()
            } catch ParquetFault.damaged(let why) {
                throw Problem(
                    .invalid, "profiling.file.damaged", "'\(path.printable)' cannot be read as Parquet.", why: why.capitalisedFirst + ".")
            } catch ParquetFault.unsupported {
                // Another program knows more of the format.
                var reader = TableReader(file: path, options: options)
                try parquet(path) { try reader.take($0) }
                return try reader.finish()
            }
        case .gzip:
            var reader = TableReader(file: path, options: options)
            let gzip = try GzipStream(file: path)
            try each(Array(start), then: handle) { try gzip.expand($0) { try reader.take($0) } }
            try gzip.finish()
            return try reader.finish()
        case .csv:
            var reader = TableReader(file: path, options: options)
            try each(Array(start), then: handle) { try reader.take($0) }
            return try reader.finish()
        }
    }

    private func content(_ start: Data) -> Content {
        if start.elementsEqual(Array("PAR1".utf8)) { return .parquet }
        if start.starts(with: [0x1F, 0x8B]) { return .gzip }
        return start.first == UInt8(ascii: "{") && path.hasSuffix(".json") ? .profile : .csv
    }

    private func each(_ start: [UInt8], then handle: FileHandle, _ body: ([UInt8]) throws -> Void) throws {
        try body(start)
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(handle.fileDescriptor, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else {
                throw Problem(.unavailable, "profiling.file.broken", "'\(path.printable)' could not be read to its end.")
            }
            if count == 0 { return }
            if count == buffer.count { try body(buffer) } else if count > 0 { try body(Array(buffer[..<count])) }
        }
    }

    private func stored() throws -> TableProfile {
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int, size <= Self.maximumBytes,
            let data = FileManager.default.contents(atPath: path)
        else {
            throw Problem(.invalid, "profiling.profile.too-large", "'\(path.printable)' is larger than a profile can be.")
        }
        do {
            return try TableProfile(json: data)
        } catch {
            throw Problem(
                .invalid, "profiling.profile.malformed", "'\(path.printable)' is no profile.",
                why: "It is JSON of another kind, of another version, or was changed by hand.", fix: "Make it again: dhow profile FILE.")
        }
    }
}
