// SPDX-License-Identifier: Apache-2.0

/// What a Parquet file cannot be read for.
enum ParquetFault: Error, Equatable {
    /// It is whole but for all one can tell, and uses something that is not read here.
    case unsupported(String)
    case damaged(String)
}

/// A place in bytes that are not trusted: every step is checked against their end.
struct ByteCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var rest: Int { bytes.count - position }

    mutating func byte() throws(ParquetFault) -> UInt8 {
        guard position < bytes.count else { throw .damaged("it ends too soon") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) throws(ParquetFault) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= rest else { throw .damaged("it ends too soon") }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// Little-endian.
    mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(ParquetFault) -> Integer {
        let taken = try take(MemoryLayout<Integer>.size)
        return Integer(littleEndian: taken.loadUnaligned(as: Integer.self))
    }

    /// Seven bits a byte, the lowest first.
    mutating func variable() throws(ParquetFault) -> UInt64 {
        var value: UInt64 = 0
        var bits: UInt64 = 0
        while true {
            let byte = try byte()
            guard bits < 63 || byte < 2 else { throw .damaged("a number is too long") }
            value |= UInt64(byte & 0x7F) << bits
            if byte < 0x80 { return value }
            bits += 7
        }
    }

    mutating func length() throws(ParquetFault) -> Int {
        guard let length = Int(exactly: try variable()) else { throw .damaged("a length is too large") }
        return length
    }
}
