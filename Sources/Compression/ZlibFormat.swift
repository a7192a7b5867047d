// SPDX-License-Identifier: Apache-2.0

import CZlib

/// What is around a stream of deflate (RFC 1951).
package enum ZlibFormat: Sendable {
    /// RFC 1952.
    case gzip
    /// RFC 1950.
    case zlib
    /// Nothing.
    case raw

    package enum Fault: Error, Equatable {
        /// More than the limit would come out.
        case tooLarge
        /// What came in is no complete stream.
        case corrupt
        /// zlib has no memory.
        case unavailable
    }

    /// How zlib's functions are told: 15 is the largest window, 16 more asks for gzip's header and checksum, a negative one for nothing.
    private var window: Int32 {
        switch self {
        case .gzip: 15 + 16
        case .zlib: 15
        case .raw: -15
        }
    }

    /// - Parameters:
    ///   - bytes: One stream, whole.
    ///   - limit: Most bytes that come out.
    package func expand(_ bytes: [UInt8], limit: Int) throws(Fault) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw .unavailable }
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
                    status = inflate(&stream, Z_NO_FLUSH)
                    count = buffer.count - Int(stream.avail_out)
                }
                output += part
                if part.isEmpty, status == Z_OK { status = Z_BUF_ERROR }
            }
        }
        guard output.count <= limit else { throw .tooLarge }
        guard status == Z_STREAM_END, stream.avail_in == 0 else { throw .corrupt }
        return output
    }

    /// - Parameter level: 1, the quickest, to 9, the smallest.
    package func compress(_ bytes: [UInt8], level: Int32 = 1) throws(Fault) -> [UInt8] {
        var stream = z_stream()
        let memory = Int32(8)
        guard
            deflateInit2_(
                &stream, level, Z_DEFLATED, window, memory, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .unavailable }
        defer { deflateEnd(&stream) }
        var input = bytes
        var status = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: Int(deflateBound(&stream, UInt(bytes.count)))) { buffer, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = buffer.baseAddress
                stream.avail_out = UInt32(buffer.count)
                status = deflate(&stream, Z_FINISH)
                count = buffer.count - Int(stream.avail_out)
            }
        }
        guard status == Z_STREAM_END else { throw .unavailable }
        return output
    }
}
