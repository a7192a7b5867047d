// SPDX-License-Identifier: Apache-2.0

/// A value of Thrift's compact protocol, which Parquet's metadata is written in (github.com/apache/thrift, thrift-compact-protocol.md).
indirect enum ThriftValue {
    case integer(Int64)
    case boolean(Bool)
    case bytes([UInt8])
    case list([ThriftValue])
    case structure([Int: ThriftValue])
    /// Numbers with a point and maps, which nothing here asks for.
    case other

    private static let maximumDepth = 24

    static func structure(_ cursor: inout ByteCursor, depth: Int = 0) throws(ParquetFault) -> ThriftValue {
        guard depth < maximumDepth else { throw .damaged("its metadata are nested too deeply") }
        var fields: [Int: ThriftValue] = [:]
        var last = 0
        while true {
            let head = try cursor.byte()
            if head == 0 { return .structure(fields) }
            let step = Int(head >> 4)
            last = step == 0 ? Int(zigzag(try cursor.variable())) : last &+ step
            switch head & 0x0F {
            case 1: fields[last] = .boolean(true)
            case 2: fields[last] = .boolean(false)
            case let type: fields[last] = try value(of: type, &cursor, depth: depth)
            }
        }
    }

    private static func value(of type: UInt8, _ cursor: inout ByteCursor, depth: Int) throws(ParquetFault) -> ThriftValue {
        switch type {
        case 1, 2: return .boolean(try cursor.byte() == 1)
        case 3: return .integer(Int64(Int8(bitPattern: try cursor.byte())))
        case 4, 5, 6: return .integer(zigzag(try cursor.variable()))
        case 7:
            _ = try cursor.take(8)
            return .other
        case 8: return .bytes(Array(try cursor.take(try cursor.length())))
        case 9, 10:
            let head = try cursor.byte()
            let count = head >> 4 == 15 ? try cursor.length() : Int(head >> 4)
            // No element takes less than a byte.
            guard count <= cursor.rest else { throw .damaged("it ends too soon") }
            var elements: [ThriftValue] = []
            for _ in 0..<count { elements.append(try value(of: head & 0x0F, &cursor, depth: depth + 1)) }
            return .list(elements)
        case 11:
            let count = try cursor.length()
            guard count <= cursor.rest else { throw .damaged("it ends too soon") }
            guard count > 0 else { return .other }
            let types = try cursor.byte()
            for _ in 0..<count {
                _ = try value(of: types >> 4, &cursor, depth: depth + 1)
                _ = try value(of: types & 0x0F, &cursor, depth: depth + 1)
            }
            return .other
        case 12: return try structure(&cursor, depth: depth + 1)
        default: throw .damaged("its metadata have a field of no known type")
        }
    }

    private static func zigzag(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(value & 1) }

    subscript(_ field: Int) -> ThriftValue? {
        if case .structure(let fields) = self { fields[field] } else { nil }
    }

    var integer: Int? { if case .integer(let value) = self { Int(exactly: value) } else { nil } }
    var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    var list: [ThriftValue]? { if case .list(let elements) = self { elements } else { nil } }
    var text: String? { if case .bytes(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil } }
}
