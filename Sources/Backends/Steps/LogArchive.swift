// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A log kept as blobs: one text by byte offset, whatever it is cut into.
package struct LogArchive: Sendable, Codable, Equatable {
    package struct Segment: Sendable, Codable, Equatable {
        package var digest: BlobDigest
        package var size: Int64

        package init(digest: BlobDigest, size: Int64) {
            self.digest = digest
            self.size = size
        }
    }

    /// In the order of their bytes; none is empty.
    package private(set) var segments: [Segment]
    /// Whether the log's writer had ended when the last segment was kept.
    package var isComplete: Bool

    package init(segments: [Segment] = [], isComplete: Bool = false) {
        self.segments = segments
        self.isComplete = isComplete
    }

    package var size: Int64 { segments.reduce(0) { $0 + $1.size } }

    /// The log's end as new, in place of the last segment when that was not yet full.
    mutating func keep(_ segment: Segment, from offset: Int64) {
        while size > offset { segments.removeLast() }
        precondition(size == offset, "A segment begins where another ends.")
        segments.append(segment)
    }

    /// Where the segment begins that more bytes belong to.
    func openOffset(full: Int64) -> Int64 {
        guard let last = segments.last, last.size < full else { return size }
        return size - last.size
    }

    /// Up to `limit` bytes from `offset`, read from the one or more segments that hold them; empty at and behind the end.
    ///
    /// - Throws: `Problem` `.notFound` when a segment's blob is gone.
    package func read(from offset: Int64, limit: Int, in blobs: any BlobStore) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        var start: Int64 = 0
        for segment in segments {
            let position = offset + Int64(bytes.count)
            defer { start += segment.size }
            guard offset >= 0, bytes.count < limit else { break }
            guard position >= start, position < start + segment.size else { continue }
            let first = position - start
            let last = min(segment.size, first + Int64(limit - bytes.count))
            for try await piece in try await blobs.get(segment.digest, range: first..<last).bytes { bytes += piece }
        }
        return bytes
    }
}
