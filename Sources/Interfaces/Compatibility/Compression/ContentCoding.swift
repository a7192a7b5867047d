// SPDX-License-Identifier: Apache-2.0

import CZlib
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
        // 15 is the largest window; 16 more asks for gzip's header and checksum, a negative window for none at all: some clients send
        // "deflate" without the two bytes of zlib's header.
        let window: Int32 =
            switch self {
            case .gzip: 15 + 16
            case .deflate: Self.hasZlibHeader(bytes) ? 15 : -15
            }
        var stream = z_stream()
        guard inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw Self.unavailable }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var input = bytes
        var status = Z_OK
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while status == Z_OK, output.count <= limit {
                let room = min(max(64 << 10, output.count), limit - output.count + 1)
                let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = UInt32(buffer.count)
                    status = CZlib.inflate(&stream, Z_NO_FLUSH)
                    count = buffer.count - Int(stream.avail_out)
                }
                output += part
                if part.isEmpty, status == Z_OK { status = Z_BUF_ERROR }
            }
        }
        guard output.count <= limit else {
            throw Problem(
                .tooLarge, "inference.body.too-large", "The body is larger than \(limit) bytes when it is expanded, the most taken here.",
                fix: "Send less at once.")
        }
        guard status == Z_STREAM_END, stream.avail_in == 0 else {
            throw Problem(
                .invalid, "inference.body.encoding-corrupt",
                "The body is not a complete stream of \(rawValue), as its Content-Encoding says.",
                fix: "Compress it again, or send it as it is.")
        }
        return output
    }

    package func compress(_ bytes: [UInt8]) throws(Problem) -> [UInt8] {
        var stream = z_stream()
        let window: Int32 = self == .gzip ? 15 + 16 : 15
        let memory = Int32(8)
        guard
            deflateInit2_(
                &stream, Z_BEST_SPEED, Z_DEFLATED, window, memory, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
                == Z_OK
        else { throw Self.unavailable }
        defer { deflateEnd(&stream) }
        var input = bytes
        var status = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: Int(deflateBound(&stream, UInt(bytes.count)))) { buffer, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                status = CZlib.deflate(&stream, Z_FINISH)
                count = buffer.count - Int(stream.avail_out)
            }
        }
        guard status == Z_STREAM_END else { throw Self.unavailable }
        return output
    }

    /// RFC 1950: method 8, and a checksum over both bytes.
    private static func hasZlibHeader(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 2 && bytes[0] & 0x0F == 8 && (Int(bytes[0]) << 8 | Int(bytes[1])).isMultiple(of: 31)
    }

    private static var unavailable: Problem {
        Problem(.internal, "inference.compression.unavailable", "The body could not be compressed or expanded.", why: "zlib has no memory.")
    }
}
