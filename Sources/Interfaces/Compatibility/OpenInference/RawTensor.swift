// SPDX-License-Identifier: Apache-2.0

package import Backends

/// Tensors as raw little-endian bytes, row-major: the protocol's binary data extension.
///
/// BOOL is one byte, 0 or not; an element of BYTES is its length in four bytes, then its bytes.
package enum RawTensor {
    package struct Fault: Error {
        package var reason: String
    }

    /// - Throws: `Fault` unless there are exactly the bytes that `count` elements need.
    package static func values(_ datatype: TensorDatatype, count: Int, from bytes: ArraySlice<UInt8>) throws -> TensorValues {
        switch datatype {
        case .float32: .float32(try numbers(count, from: bytes) { Float(bitPattern: UInt32(littleEndian: $0)) })
        case .float64: .float64(try numbers(count, from: bytes) { Double(bitPattern: UInt64(littleEndian: $0)) })
        case .int64: .int64(try numbers(count, from: bytes) { Int64(littleEndian: $0) })
        case .int32: .int32(try numbers(count, from: bytes) { Int32(littleEndian: $0) })
        case .bool: .bool(try numbers(count, from: bytes) { (byte: UInt8) in byte != 0 })
        case .string: try texts(count, from: bytes)
        case .float16: .float16(try numbers(count, from: bytes) { Float16(bitPattern: UInt16(littleEndian: $0)) })
        case .bfloat16: .bfloat16(try numbers(count, from: bytes) { BFloat16(bitPattern: UInt16(littleEndian: $0)) })
        case .int16: .int16(try numbers(count, from: bytes) { Int16(littleEndian: $0) })
        case .int8: .int8(try numbers(count, from: bytes) { $0 })
        case .uint64: .uint64(try numbers(count, from: bytes) { UInt64(littleEndian: $0) })
        case .uint32: .uint32(try numbers(count, from: bytes) { UInt32(littleEndian: $0) })
        case .uint16: .uint16(try numbers(count, from: bytes) { UInt16(littleEndian: $0) })
        case .uint8: .uint8(try numbers(count, from: bytes) { $0 })
        }
    }

    package static func append(_ values: TensorValues, to bytes: inout [UInt8]) {
        switch values {
        case .float32(let values): append(values.map(\.bitPattern.littleEndian), to: &bytes)
        case .float64(let values): append(values.map(\.bitPattern.littleEndian), to: &bytes)
        case .int64(let values): append(values.map(\.littleEndian), to: &bytes)
        case .int32(let values): append(values.map(\.littleEndian), to: &bytes)
        case .bool(let values): bytes.append(contentsOf: values.map { $0 ? 1 : 0 })
        case .string(let values):
            for value in values {
                append([UInt32(value.utf8.count).littleEndian], to: &bytes)
                bytes.append(contentsOf: value.utf8)
            }
        case .bytes(let values):
            for value in values {
                append([UInt32(value.count).littleEndian], to: &bytes)
                bytes.append(contentsOf: value)
            }
        case .float16(let values): append(values.map(\.bitPattern.littleEndian), to: &bytes)
        case .bfloat16(let values): append(values.map(\.bitPattern.littleEndian), to: &bytes)
        case .int16(let values): append(values.map(\.littleEndian), to: &bytes)
        case .int8(let values): append(values, to: &bytes)
        case .uint64(let values): append(values.map(\.littleEndian), to: &bytes)
        case .uint32(let values): append(values.map(\.littleEndian), to: &bytes)
        case .uint16(let values): append(values.map(\.littleEndian), to: &bytes)
        case .uint8(let values): bytes.append(contentsOf: values)
        }
    }

    package static func byteCount(_ values: TensorValues) -> Int {
        switch values {
        case .float32(let values): values.count * 4
        case .float64(let values): values.count * 8
        case .int64(let values): values.count * 8
        case .int32(let values): values.count * 4
        case .bool(let values): values.count
        case .string(let values): values.reduce(0) { $0 + 4 + $1.utf8.count }
        case .bytes(let values): values.reduce(0) { $0 + 4 + $1.count }
        case .float16(let values): values.count * 2
        case .bfloat16(let values): values.count * 2
        case .int16(let values): values.count * 2
        case .int8(let values): values.count
        case .uint64(let values): values.count * 8
        case .uint32(let values): values.count * 4
        case .uint16(let values): values.count * 2
        case .uint8(let values): values.count
        }
    }

    /// Bytes of one element; 0 for BYTES, whose elements differ.
    static func elementSize(_ datatype: TensorDatatype) -> Int {
        switch datatype {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .int8, .uint8, .bool: 1
        case .string: 0
        }
    }

    private static func numbers<Stored: BitwiseCopyable, Value>(
        _ count: Int, from bytes: ArraySlice<UInt8>, _ value: (Stored) -> Value
    ) throws -> [Value] {
        let size = MemoryLayout<Stored>.size
        guard bytes.count.isMultiple(of: size), bytes.count / size == count else {
            throw Fault(reason: "the shape needs \(count) elements of \(size) bytes, and there are \(bytes.count) bytes")
        }
        return bytes.withUnsafeBytes { raw in
            (0..<count).map { value(raw.loadUnaligned(fromByteOffset: $0 * size, as: Stored.self)) }
        }
    }

    /// Text where all elements are UTF-8.
    private static func texts(_ count: Int, from bytes: ArraySlice<UInt8>) throws -> TensorValues {
        var elements: [ArraySlice<UInt8>] = []
        var rest = bytes
        while elements.count < count,
            let length = rest.count >= 4 ? rest.withUnsafeBytes({ UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }) : nil
        {
            rest = rest.dropFirst(4)
            guard length <= rest.count else { throw Fault(reason: "element \(elements.count) is cut short") }
            elements.append(rest.prefix(Int(length)))
            rest = rest.dropFirst(Int(length))
        }
        guard elements.count == count else {
            throw Fault(reason: "the shape needs \(count) elements, and there are \(elements.count)\(rest.isEmpty ? "" : " and a part")")
        }
        guard rest.isEmpty else { throw Fault(reason: "the shape needs \(count) elements, and \(rest.count) bytes follow them") }
        return .texts(of: elements)
    }

    private static func append<Stored: BitwiseCopyable>(_ values: [Stored], to bytes: inout [UInt8]) {
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
}
