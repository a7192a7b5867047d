// SPDX-License-Identifier: Apache-2.0

import Compression
package import Domain

/// The content codings of HTTP (RFC 9110, 8.4.1) that inference bodies may come and go in.
package enum ContentCoding: String, CaseIterable, Sendable {
    case gzip, deflate

    /// - Parameter header: `Content-Encoding`, as it was sent.
    /// - Returns: Nil for a body that is sent as it is.
    /// - Throws: `Problem` `.invalid` for a coding that is not taken, and for several.
    package static func ofBody(_ header: String?) throws(Problem) -> ContentCoding? {
        guard let header else { return nil }
        switch header.lowercased() {
        case "", "identity": return nil
        case "gzip", "x-gzip": return .gzip
        case "deflate": return .deflate
        default:
            throw Problem(
                .invalid, "inference.body.encoding", "A body with Content-Encoding '\(header.printable)' is not taken.",
                fix: "Send it with gzip or deflate, or as it is.")
        }
    }

    /// The coding to answer in: the first of ours that `Accept-Encoding` allows.
    package static func acceptable(_ header: String?) -> ContentCoding? {
        guard let header else { return nil }
        var allowed: [String: Bool] = [:]
        for part in header.lowercased().split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = pieces.first else { continue }
            let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            allowed[name] = quality > 0
        }
        return allCases.first { allowed[$0.rawValue] ?? allowed["*"] ?? false }
    }

    /// - Parameter limit: Most bytes that come out; the body's own bound, so that a small body cannot fill memory.
    /// - Throws: `Problem` `.tooLarge` beyond the limit; `.invalid` for what is no complete stream of this coding.
    package func expand(_ bytes: [UInt8], limit: Int) throws(Problem) -> [UInt8] {
        guard !bytes.isEmpty else { return [] }
        // Some clients send "deflate" without the two bytes of zlib's header.
        let format: ZlibFormat = self == .gzip ? .gzip : Self.hasZlibHeader(bytes) ? .zlib : .raw
        do {
            return try format.expand(bytes, limit: limit)
        } catch {
            switch error {
            case .tooLarge:
                throw Problem(
                    .tooLarge, "inference.body.too-large",
                    "The body is larger than \(limit) bytes when it is expanded, the most taken here.",
                    fix: "Send less at once.")
            case .corrupt:
                throw Problem(
                    .invalid, "inference.body.encoding-corrupt",
                    "The body is not a complete stream of \(rawValue), as its Content-Encoding says.",
                    fix: "Compress it again, or send it as it is.")
            case .unavailable: throw Self.unavailable
            }
        }
    }

    package func compress(_ bytes: [UInt8]) throws(Problem) -> [UInt8] {
        do {
            return try (self == .gzip ? ZlibFormat.gzip : .zlib).compress(bytes)
        } catch {
            throw Self.unavailable
        }
    }

    /// RFC 1950: method 8, and a checksum over both bytes.
    private static func hasZlibHeader(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 2 && bytes[0] & 0x0F == 8 && (Int(bytes[0]) << 8 | Int(bytes[1])).isMultiple(of: 31)
    }

    private static var unavailable: Problem {
        Problem(.internal, "inference.compression.unavailable", "The body could not be compressed or expanded.", why: "zlib has no memory.")
    }
}
