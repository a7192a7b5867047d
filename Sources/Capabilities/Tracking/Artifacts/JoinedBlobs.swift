// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// The bytes of several blobs, one after another, each opened when the one before has ended.
struct JoinedBlobs: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    let digests: [BlobDigest]
    let blobs: any BlobStore

    func makeAsyncIterator() -> Iterator { Iterator(rest: digests[...], blobs: blobs) }

    struct Iterator: AsyncIteratorProtocol {
        var rest: ArraySlice<BlobDigest>
        let blobs: any BlobStore
        private var current: (any AsyncIteratorProtocol<[UInt8], any Error>)?

        init(rest: ArraySlice<BlobDigest>, blobs: any BlobStore) {
            self.rest = rest
            self.blobs = blobs
        }

        mutating func next() async throws -> [UInt8]? {
            while true {
                if let chunk = try await current?.next(isolation: nil) { return chunk }
                guard let digest = rest.popFirst() else { return nil }
                current = Self.iterator(of: try await blobs.get(digest, range: nil).bytes)
            }
        }

        private static func iterator(
            of bytes: some AsyncSequence<[UInt8], any Error>
        ) -> any AsyncIteratorProtocol<[UInt8], any Error> {
            bytes.makeAsyncIterator()
        }
    }
}
