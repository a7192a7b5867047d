// SPDX-License-Identifier: Apache-2.0

import Backends

/// Tensors as raw little-endian bytes, row-major: the protocol's binary data extension.
///
/// BOOL is one byte, 0 or not; an element of BYTES is its length in four bytes, then its bytes.
enum RawTensor {
    struct Fault: Error {
        var reason: String
    }

    static func values(_ datatype: TensorDatatype, count: Int, from bytes: ArraySlice<UInt8>) throws -> TensorValues {
        switch datatype {
        case .float32: .float32(try numbers(count, from: bytes) { Float(bitPattern: UInt32(littleEndian: $0)) })
        case .float64: .float64(try numbers(count, from: bytes) { Double(bitPattern: UInt64(littleEndian: $0)) })
        case .int64: .int64(try numbers(count, from: bytes) { Int64(littleEndian: $0) })
        case .int32: .int32(try numbers(count, from: bytes) { Int32(littleEndian: $0) })
        case .bool: .bool(try numbers(count, from: bytes) { (byte: UInt8) in byte != 0 })
        case .string: .string(try strings(count, from: bytes))
        }
    }

    static func append(_ values: TensorValues, to bytes: inout [UInt8]) {
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
        }
    }

    static func byteCount(_ values: TensorValues) -> Int {
        switch values {
        case .float32(let values): values.count * 4
        case .float64(let values): values.count * 8
        case .int64(let values): values.count * 8
        case .int32(let values): values.count * 4
        case .bool(let values): values.count
        case .string(let values): values.reduce(0) { $0 + 4 + $1.utf8.count }
        }
    }

    private static func numbers<Stored: BitwiseCopyable, Value>(
        _ count: Int, from bytes: ArraySlice<UInt8>, _ value: (Stored) -> Value
    ) throws -> [Value] {
        let size = MemoryLayout<Stored>.size
        guard bytes.count == count.multipliedReportingOverflow(by: size).partialValue else {
            throw Fault(reason: "the shape needs \(count) elements of \(size) bytes, and there are \(bytes.count) bytes")
        }
        return bytes.withUnsafeBytes { raw in
            (0..<count).map { value(raw.loadUnaligned(fromByteOffset: $0 * size, as: Stored.self)) }
        }
    }

    private static func strings(_ count: Int, from bytes: ArraySlice<UInt8>) throws -> [String] {
        var strings: [String] = []
        var rest = bytes
        while let length = rest.count >= 4 ? rest.withUnsafeBytes({ UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }) : nil {
            rest = rest.dropFirst(4)
            guard length <= rest.count else { throw Fault(reason: "element \(strings.count) is cut short") }
            guard let string = String(validating: rest.prefix(Int(length)), as: UTF8.self) else {
                throw Fault(reason: "element \(strings.count) is not UTF-8")
            }
            strings.append(string)
            rest = rest.dropFirst(Int(length))
        }
        guard rest.isEmpty, strings.count == count else {
            throw Fault(reason: "the shape needs \(count) elements, and there are \(strings.count)\(rest.isEmpty ? "" : " and a part")")
        }
        return strings
    }

    private static func append<Stored: BitwiseCopyable>(_ values: [Stored], to bytes: inout [UInt8]) {
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
}
