// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Content-addressed bytes. Implementation: `LocalBlobStore`.
///
/// A digest is that of the plaintext, whatever form the bytes have at rest. Stored bytes are synced when `put` returns.
package protocol BlobStore: Sendable {
    /// Stores the bytes under their SHA-256, streaming; storing the same bytes twice is one blob.
    ///
    /// - Parameter limit: Most bytes taken; more is `Problem` `.tooLarge`.
    func put(_ bytes: some AsyncSequence<[UInt8], any Error> & Sendable, limit: Int64) async throws -> BlobInfo

    /// The bytes in `range` (all of them when nil; clamped to the size), verified segment by segment before they are given out.
    ///
    /// - Throws: `Problem` `.notFound` when no blob has this digest; the sequence throws `.internal` `blob.content.corrupt`, naming the digest, when it does not verify.
    func get(_ digest: BlobDigest, range: Range<Int64>?) async throws -> BlobContent

    /// Nil when no blob has this digest.
    func info(_ digest: BlobDigest) async throws -> BlobInfo?

    /// Deleting an absent blob is no error.
    func delete(_ digest: BlobDigest) async throws

    /// Up to `limit` blobs in an order of the store's own, after the one given.
    func list(after digest: BlobDigest?, limit: Int) async throws -> [BlobInfo]
}

package struct BlobInfo: Sendable, Codable, Equatable {
    package var digest: BlobDigest
    /// Bytes of plaintext.
    package var size: Int64
    /// When it was last put.
    package var time: Timestamp

    package init(digest: BlobDigest, size: Int64, time: Timestamp) {
        self.digest = digest
        self.size = size
        self.time = time
    }
}

/// A blob opened for reading.
package struct BlobContent: Sendable {
    package var info: BlobInfo
    /// The part of the blob that `bytes` gives.
    package var range: Range<Int64>
    package var bytes: any AsyncSequence<[UInt8], any Error> & Sendable

    package init(info: BlobInfo, range: Range<Int64>, bytes: any AsyncSequence<[UInt8], any Error> & Sendable) {
        self.info = info
        self.range = range
        self.bytes = bytes
    }
}
