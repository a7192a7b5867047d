// SPDX-License-Identifier: Apache-2.0

import Backends
package import Domain
import Foundation

/// Blobs into the registry: nothing twice, and on from where a broken connection left it.
extension OCIRegistry {
    /// Gives the bytes of a range of the blob that is sent.
    package typealias Reading = @Sendable (Range<Int64>) async throws -> [UInt8]
    /// Told how many bytes are there already.
    package typealias Telling = @Sendable (Int64) -> Void
    /// A registry may ask for larger pieces, to this size.
    private static let largestPiece: Int64 = 64 << 20
    private static let smallPiece: Int64 = 64 << 10
    /// As many are sent in small pieces after a failure without a reason.
    private static let carefulBytes: Int64 = 1 << 20

    package func has(_ digest: BlobDigest) async throws -> Bool {
        let answer = try await repeating("HEAD", try url("blobs/\(digest)"))
        switch answer.status {
        case 200: return true
        case 404: return false
        // Redirected to where blobs are: it is known.
        case 301, 302, 303, 307, 308: return true
        default: throw await failure(answer, "Whether the registry has \(digest) is not known")
        }
    }

    /// - Returns: Whether it was sent; false when it is there already.
    package func upload(_ bytes: [UInt8], _ digest: BlobDigest) async throws -> Bool {
        try await upload(digest, size: Int64(bytes.count), reading: { Array(bytes[Int($0.lowerBound)..<Int($0.upperBound)]) }) { _ in }
    }

    /// Sends a blob in pieces, unless the registry has it.
    ///
    /// Memory: one piece. After a broken connection the upload is asked how far it came, and goes on there; where it is gone it begins again.
    ///
    /// - Returns: Whether it was sent.
    package func upload(
        _ digest: BlobDigest, size: Int64, reading: Reading, telling: Telling
    ) async throws -> Bool {
        if try await has(digest) { return false }
        var upload = try await beginUpload()
        var failures = 0
        var isCareful = false
        while true {
            do {
                if size <= (isCareful ? Self.smallPiece : upload.piece), upload.received == 0 {
                    try await finish(upload, digest, body: try await reading(0..<size))
                } else {
                    while upload.received < size {
                        let piece = isCareful && upload.received < Self.carefulBytes ? Self.smallPiece : upload.piece
                        let end = min(size, upload.received + piece)
                        let before = upload.received
                        try await append(try await reading(before..<end), to: &upload)
                        guard upload.received > before else { throw Self.broken(reference, "It took a piece and did not keep it.") }
                        failures = 0
                        telling(min(upload.received, size))
                    }
                    try await finish(upload, digest, body: [])
                }
                return true
            } catch let problem as Problem where problem.code == "oci.registry.failed" && !isCareful && size > Self.smallPiece {
                // Who refuses a large piece may close before saying why; the reason against a small one comes through.
                isCareful = true
                upload = try await beginUpload()
                telling(0)
            } catch let problem as Problem where problem.isPassing || problem.code == Self.lost {
                failures += 1
                guard failures < settings.tries else { throw Self.told(problem, of: digest) }
                try await pause(after: failures)
                // The end may have been reached, and only the answer lost.
                if try await has(digest) { return true }
                if let found = try await standing(of: upload), found.received <= size {
                    upload = found
                } else {
                    upload = try await beginUpload()
                }
                telling(upload.received)
            }
        }
    }

    /// The bytes of a blob as they come; they end only after they were all there and fit the digest.
    package func blob(
        _ digest: BlobDigest, size: Int64, telling: @escaping Telling = { _ in }
    ) -> any AsyncSequence<[UInt8], any Error> & Sendable {
        BlobDownload(registry: self, digest: digest, size: size, telling: telling)
    }

    private struct Upload {
        var location: EgressURL
        var received: Int64
        var piece: Int64
    }

    /// An upload that the registry does not know any more, or not as far as it was.
    private static let lost = "oci.upload.lost"

    private func beginUpload() async throws -> Upload {
        let start = try url("blobs/uploads/")
        let answer = try await repeating("POST", start)
        guard answer.status == 202, let location = answer["Location"] else {
            throw await failure(answer, "The registry takes no blob")
        }
        let asked = answer["OCI-Chunk-Min-Length"].flatMap { Int64($0) } ?? 0
        return Upload(
            location: try url(location, from: start), received: 0, piece: min(max(settings.piece, asked), Self.largestPiece))
    }

    private func append(_ bytes: [UInt8], to upload: inout Upload) async throws {
        let end = upload.received + Int64(bytes.count)
        let answer = try await send(
            "PATCH", upload.location,
            [("Content-Type", "application/octet-stream"), ("Content-Range", "\(upload.received)-\(end - 1)")], body: bytes)
        switch answer.status {
        case 202, 201, 204:
            if let location = answer["Location"] { upload.location = try url(location, from: upload.location) }
            upload.received = Self.received(answer) ?? end
        case 404, 416, 502, 503, 504: throw Problem(.unavailable, Self.lost, "The upload broke off.", why: "Status \(answer.status).")
        default: throw await failure(answer, "A blob was not sent")
        }
    }

    private func finish(_ upload: Upload, _ digest: BlobDigest, body: [UInt8]) async throws {
        let mark = upload.location.target.contains("?") ? "&" : "?"
        let place = try EgressURL("\(upload.location.text)\(mark)digest=\(digest)")
        let answer = try await send("PUT", place, [("Content-Type", "application/octet-stream")], body: body)
        switch answer.status {
        case 201, 204:
            if let told = answer["Docker-Content-Digest"].flatMap({ BlobDigest($0) }), told != digest {
                throw Self.mismatch("The blob that the registry keeps", digest)
            }
        case 404, 416, 502, 503, 504: throw Problem(.unavailable, Self.lost, "The upload broke off.", why: "Status \(answer.status).")
        default: throw await failure(answer, "A blob was not sent")
        }
    }

    /// How far the registry came with an upload; nil when it knows it no more.
    private func standing(of upload: Upload) async throws -> Upload? {
        let answer = try await repeating("GET", upload.location)
        guard answer.status == 204 || answer.status == 200 else { return nil }
        var found = upload
        if let location = answer["Location"] { found.location = try url(location, from: upload.location) }
        found.received = Self.received(answer) ?? 0
        return found
    }

    /// `Range: 0-99` is a hundred bytes. `0-0` is what registries say of none.
    private static func received(_ answer: EgressStream) -> Int64? {
        guard let range = answer["Range"] else { return nil }
        let ends = range.replacing("bytes=", with: "").split(separator: "-")
        guard ends.count == 2, ends[0] == "0", let last = Int64(ends[1]), last >= 0, last < Int64.max else { return nil }
        return last == 0 ? 0 : last + 1
    }

    /// The last of several failures, as what it means for the blob.
    private static func told(_ problem: Problem, of digest: BlobDigest) -> Problem {
        Problem(
            .unavailable, problem.code == "egress.receiver.late" ? "oci.registry.late" : "oci.registry.unreachable",
            "The connection to the registry broke again and again while a blob was sent.", why: "\(problem.what) The blob is \(digest).",
            fix: "Push again later; blobs that are there are not sent again. A slow registry needs more --patience.")
    }
}
