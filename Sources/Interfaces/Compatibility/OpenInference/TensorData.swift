// SPDX-License-Identifier: Apache-2.0

import Backends
import Serving

/// The `data` of an input as JSON: one flat list, or lists nested as the shape says.
enum TensorData {
    /// - Parameter shape: Its product does not overflow.
    static func read(_ datatype: TensorDatatype, shape: [Int], from cursor: inout JSONCursor) throws -> TensorValues {
        switch datatype {
        case .float32:
            .float32(
                try elements(shape, from: &cursor) { cursor in
                    if try cursor.takeNull() { return .nan }
                    let value = Float(try cursor.number())
                    guard value.isFinite else { throw cursor.fault("the number that ends here is beyond what FP32 can hold") }
                    return value
                })
        case .float64: .float64(try elements(shape, from: &cursor) { try $0.takeNull() ? .nan : try $0.number() })
        case .int64: .int64(try elements(shape, from: &cursor) { try $0.integer() })
        case .int32: .int32(try elements(shape, from: &cursor) { try whole(&$0, datatype) })
        case .bool: .bool(try elements(shape, from: &cursor) { try $0.bool() })
        case .string: .string(try elements(shape, from: &cursor) { try $0.string() })
        case .float16:
            .float16(
                try elements(shape, from: &cursor) { cursor in
                    if try cursor.takeNull() { return .nan }
                    let value = Float16(try cursor.number())
                    guard value.isFinite else { throw cursor.fault("the number that ends here is beyond what FP16 can hold") }
                    return value
                })
        case .bfloat16:
            .bfloat16(
                try elements(shape, from: &cursor) { cursor in
                    if try cursor.takeNull() { return BFloat16(.nan) }
                    let value = BFloat16(Float(try cursor.number()))
                    guard value.float.isFinite else { throw cursor.fault("the number that ends here is beyond what BF16 can hold") }
                    return value
                })
        case .int16: .int16(try elements(shape, from: &cursor) { try whole(&$0, datatype) })
        case .int8: .int8(try elements(shape, from: &cursor) { try whole(&$0, datatype) })
        case .uint64: .uint64(try elements(shape, from: &cursor) { try $0.unsignedInteger() })
        case .uint32: .uint32(try elements(shape, from: &cursor) { try whole(&$0, datatype) })
        case .uint16: .uint16(try elements(shape, from: &cursor) { try whole(&$0, datatype) })
        case .uint8: .uint8(try elements(shape, from: &cursor) { try whole(&$0, datatype) })
        }
    }

    /// A whole number within the range of its type.
    private static func whole<Value: FixedWidthInteger>(_ cursor: inout JSONCursor, _ datatype: TensorDatatype) throws -> Value {
        guard let value = Value(exactly: try cursor.integer()) else {
            throw cursor.fault("the number that ends here does not fit \(datatype.rawValue)")
        }
        return value
    }

    private static func elements<Element>(
        _ shape: [Int], from cursor: inout JSONCursor, _ read: (inout JSONCursor) throws -> Element
    ) throws -> [Element] {
        let count = shape.reduce(1, *)
        var elements: [Element] = []
        // The shape is only the client's word: memory grows with what is there.
        elements.reserveCapacity(min(count, 65_536))
        var isNested: Bool?
        try cursor.forEachElement { cursor in
            let isList = cursor.peek() == UInt8(ascii: "[")
            guard isNested ?? isList == isList else { throw cursor.fault("lists and values are mixed") }
            isNested = isList
            if isList {
                try readNested(shape.dropFirst(), into: &elements, from: &cursor, read)
            } else {
                guard elements.count < count else { throw cursor.fault("the shape needs \(count) elements, and here is one more") }
                elements.append(try read(&cursor))
            }
        }
        guard elements.count == count else { throw cursor.fault("the shape needs \(count) elements, and there are \(elements.count)") }
        return elements
    }

    private static func readNested<Element>(
        _ shape: ArraySlice<Int>, into elements: inout [Element], from cursor: inout JSONCursor,
        _ read: (inout JSONCursor) throws -> Element
    ) throws {
        guard let size = shape.first else { throw cursor.fault("lists are nested deeper than the shape has dimensions") }
        var count = 0
        try cursor.forEachElement { cursor in
            count += 1
            guard count <= size else { throw cursor.fault("the shape needs lists of \(size) here, and this is one more") }
            if shape.count > 1 {
                try readNested(shape.dropFirst(), into: &elements, from: &cursor, read)
            } else {
                elements.append(try read(&cursor))
            }
        }
        guard count == size else { throw cursor.fault("the shape needs lists of \(size) here, and the one that ends has \(count)") }
    }
}
