// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain

/// The bytes of a registry's blob as they come, checked against size and digest; goes on with `Range` after a broken connection.
///
/// The last thing it does is to compare the digest, so whoever reads to the end has the blob, and whoever stores what is read stores
/// nothing else.
struct BlobDownload: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    let registry: OCIRegistry
    let digest: BlobDigest
    let size: Int64
    let telling: OCIRegistry.Telling

    func makeAsyncIterator() -> Iterator { Iterator(download: self) }

    struct Iterator: AsyncIteratorProtocol {
        /// Broken connections in all, so that a registry that gives a byte at a time comes to an end.
        private static let maximumBreaks = 200

        private let download: BlobDownload
        private var rest: (any AsyncIteratorProtocol<[UInt8], any Error>)?
        private var position: Int64 = 0
        private var hash = SHA256()
        private var failures = 0
        private var breaks = 0
        private var isOver = false

        init(download: BlobDownload) {
            self.download = download
        }

        mutating func next() async throws -> [UInt8]? {
            while !isOver {
                do {
                    if position == download.size { return try finish() }
                    if rest == nil { try await open() }
                    if let piece = try await rest?.next(isolation: nil) {
                        if piece.isEmpty { continue }
                        return try take(piece)
                    }
                    throw Problem(.unavailable, "egress.receiver.unreachable", "The connection ended before the blob.")
                } catch let problem as Problem where problem.isPassing {
                    rest = nil
                    failures += 1
                    breaks += 1
                    guard failures < download.registry.settings.tries, breaks < Self.maximumBreaks else {
                        isOver = true
                        throw Self.told(problem, download)
                    }
                    try await download.registry.pause(after: failures)
                }
            }
            return nil
        }

        private mutating func take(_ piece: [UInt8]) throws -> [UInt8] {
            position += Int64(piece.count)
            guard position <= download.size else {
                isOver = true
                throw OCIRegistry.mismatch("A blob of the registry, which is longer than it should be,", download.digest)
            }
            hash.update(data: piece)
            failures = 0
            download.telling(position)
            return piece
        }

        private mutating func finish() throws -> [UInt8]? {
            isOver = true
            rest = nil
            guard BlobDigest(sha256: hash.finalize()) == download.digest else {
                throw OCIRegistry.mismatch("A blob of the registry", download.digest)
            }
            return nil
        }

        /// Asks for what is still to come. A registry without ranges gives all of it again, and what is there is passed over.
        private mutating func open() async throws {
            let headers = position > 0 ? [(name: "Range", value: "bytes=\(position)-")] : []
            let answer = try await download.registry.read("blobs/\(download.digest)", headers)
            var iterator = Self.iterator(of: answer.body)
            switch answer.status {
            case 206 where answer["Content-Range"]?.hasPrefix("bytes \(position)-") == true: break
            case 200:
                var missing = position
                while missing > 0, let piece = try await iterator.next(isolation: nil) {
                    if Int64(piece.count) > missing {
                        rest = Once(piece: Array(piece.dropFirst(Int(missing))), rest: iterator)
                        return
                    }
                    missing -= Int64(piece.count)
                }
            case 429, 502, 503, 504: throw Problem(.unavailable, "egress.receiver.unreachable", "The registry answered \(answer.status).")
            default: throw await download.registry.failure(answer, "Blob \(download.digest) was not read")
            }
            rest = iterator
        }

        private static func iterator(
            of bytes: some AsyncSequence<[UInt8], any Error>
        ) -> any AsyncIteratorProtocol<[UInt8], any Error> {
            bytes.makeAsyncIterator()
        }

        private static func told(_ problem: Problem, _ download: BlobDownload) -> Problem {
            Problem(
                .unavailable, problem.code == "egress.receiver.late" ? "oci.registry.late" : "oci.registry.unreachable",
                "The connection to the registry broke again and again while a blob was read.",
                why: "\(problem.what) The blob is \(download.digest).", fix: "Pull again later. A slow registry needs more --patience.")
        }
    }

    /// A piece that was read too far, then the rest.
    private struct Once: AsyncIteratorProtocol {
        var piece: [UInt8]?
        var rest: any AsyncIteratorProtocol<[UInt8], any Error>

        mutating func next() async throws -> [UInt8]? {
            if let piece {
                self.piece = nil
                return piece
            }
            return try await rest.next(isolation: nil)
        }
    }
}
