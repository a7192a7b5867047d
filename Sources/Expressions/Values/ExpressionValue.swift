// SPDX-License-Identifier: Apache-2.0

/// A value of the Common Expression Language (CEL specification, "Values").
package enum ExpressionValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    /// Compared, measured and cut by code points, without normalization.
    case string(String)
    case bytes([UInt8])
    case list(ListValue)
    case map(MapValue)
    case timestamp(Timestamp)
    case duration(TimeSpan)
    /// A type as a value, by its name.
    case type(String)
    case optional(OptionalValue)
    indirect case address(IPAddress)
    indirect case addressBlock(IPBlock)

    package static func list(_ elements: [ExpressionValue]) -> ExpressionValue { .list(ListValue(elements)) }

    package static func map(_ entries: [String: ExpressionValue]) -> ExpressionValue { .map(MapValue(entries)) }

    /// Lists, maps and optionals within each other; 0 for a plain value.
    var depth: Int {
        switch self {
        case .list(let list): list.depth
        case .map(let map): map.depth
        case .optional(let optional): optional.depth
        default: 0
        }
    }

    /// As `type(value)` names it.
    package var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .list: "list"
        case .map: "map"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .type: "type"
        case .optional: "optional_type"
        case .address: "net.IP"
        case .addressBlock: "net.CIDR"
        }
    }

    /// False, zero, empty and null, of which `optional.ofNonZeroValue` makes nothing.
    var isZero: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .int(let value): value == 0
        case .uint(let value): value == 0
        case .double(let value): value == 0
        case .string(let value): value.isEmpty
        case .bytes(let value): value.isEmpty
        case .list(let value): value.elements.isEmpty
        case .map(let value): value.count == 0
        case .duration(let value): value.nanoseconds == 0
        case .optional(let value): value.value == nil
        case .timestamp(let value): value.seconds == 0 && value.nanoseconds == 0
        case .type, .address, .addressBlock: false
        }
    }
}
