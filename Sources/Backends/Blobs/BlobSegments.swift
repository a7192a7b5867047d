// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain

/// The bytes of a range of a blob, some segments at a time, each verified before it is given out.
///
/// When the range is the whole blob, its SHA-256 is checked too, before the last bytes are given out.
struct BlobSegments: AsyncSequence, Sendable {
    /// Segments read, verified and given out together.
    static let batch: Int64 = 4

    let blob: OpenedBlob
    let range: Range<Int64>
    let executor: FileExecutor

    func makeAsyncIterator() -> Iterator {
        Iterator(blob: blob, range: range, executor: executor)
    }

    struct Iterator: AsyncIteratorProtocol {
        private let blob: OpenedBlob
        private let executor: FileExecutor
        private let range: Range<Int64>
        /// Plaintext offset of the next byte; nil after the last.
        private var position: Int64?
        /// Nil when only a part is read.
        private var hash: SHA256?

        init(blob: OpenedBlob, range: Range<Int64>, executor: FileExecutor) {
            self.blob = blob
            self.executor = executor
            self.range = range
            let isWhole = range == 0..<blob.info.size
            position = range.isEmpty && !isWhole ? nil : range.lowerBound
            hash = isWhole ? SHA256() : nil
        }

        mutating func next() async throws -> [UInt8]? {
            guard let position else { return nil }
            try Task.checkCancellation()
            let first = position >> SegmentedCipher.segmentSizeLog2
            let last = Swift.max(position, range.upperBound - 1) >> SegmentedCipher.segmentSizeLog2
            let segments = first..<Swift.min(first + BlobSegments.batch, last + 1)
            let isEnd = segments.upperBound > last
            // An error leaves the sequence at its end.
            self.position = nil
            let bytes: [UInt8]
            (bytes, hash) = try await executor.run { [blob, hash, range] in
                try Self.read(segments, of: blob, within: range, hash: hash, isEnd: isEnd)
            }
            if !isEnd { self.position = segments.upperBound << SegmentedCipher.segmentSizeLog2 }
            return bytes.isEmpty ? nil : bytes
        }

        private static func read(
            _ segments: Range<Int64>, of blob: OpenedBlob, within range: Range<Int64>, hash: SHA256?, isEnd: Bool
        ) throws -> ([UInt8], SHA256?) {
            do {
                var bytes = try blob.plaintext(ofSegments: segments)
                var hash = hash
                hash?.update(data: bytes)
                if isEnd, let hash, BlobDigest(sha256: hash.finalize()) != blob.info.digest { throw BlobDamage() }
                let start = segments.lowerBound << SegmentedCipher.segmentSizeLog2
                bytes.removeLast(Int(Swift.max(0, start + Int64(bytes.count) - range.upperBound)))
                bytes.removeFirst(Int(Swift.max(0, range.lowerBound - start)))
                return (bytes, hash)
            } catch is BlobDamage {
                throw BlobDamage.problem(blob.info.digest)
            } catch let failure as FileFailure {
                throw failure.problem(of: "blob", "Blob \(blob.info.digest) could not be read.")
            }
        }
    }
}
