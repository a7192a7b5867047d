// SPDX-License-Identifier: Apache-2.0

import CZlib
import Domain

/// Expands gzip (RFC 1952), also of several members, chunk by chunk.
package final class GzipStream {
    private static let outputBytes = 1 << 18

    private let file: String
    private let stream: UnsafeMutablePointer<z_stream>
    private var isAtMemberEnd = true

    package init(file: String) throws {
        self.file = file
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window; 16 more asks for the gzip header and checksum.
        guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw Problem(.internal, "tracking.snapshot.gzip-unavailable", "The decompressor could not be made.")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    package func expand(_ chunk: [UInt8], _ body: ([UInt8]) throws -> Void) throws {
        var input = chunk
        let count = input.count
        try input.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(count)
            defer {
                stream.pointee.next_in = nil
                stream.pointee.avail_in = 0
            }
            while true {
                if isAtMemberEnd {
                    if stream.pointee.avail_in == 0 { return }
                    isAtMemberEnd = false
                    guard inflateReset(stream) == Z_OK else { throw corrupt() }
                }
                var status = Z_OK
                let output = [UInt8](unsafeUninitializedCapacity: Self.outputBytes) { buffer, count in
                    stream.pointee.next_out = buffer.baseAddress
                    stream.pointee.avail_out = UInt32(buffer.count)
                    status = inflate(stream, Z_NO_FLUSH)
                    count = buffer.count - Int(stream.pointee.avail_out)
                }
                if !output.isEmpty { try body(output) }
                switch status {
                case Z_STREAM_END: isAtMemberEnd = true
                case Z_OK: if stream.pointee.avail_in == 0, output.count < Self.outputBytes { return }
                case Z_BUF_ERROR: return
                default: throw corrupt()
                }
            }
        }
    }

    /// - Throws: When the last member is cut off.
    package func finish() throws {
        guard isAtMemberEnd else { throw corrupt() }
    }

    private func corrupt() -> Problem {
        Problem(
            .invalid, "tracking.snapshot.gzip-corrupt", "'\(file.printable)' is not a complete gzip file.",
            fix: "Compress it again and upload it, or leave '.gz' out of the name of a plain file.")
    }
}
