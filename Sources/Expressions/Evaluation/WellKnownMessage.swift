// SPDX-License-Identifier: Apache-2.0

/// The messages of `google.protobuf` that stand for plain values; there are no others.
enum WellKnownMessage {
    private static let wrappers: [String: (field: ExpressionType, type: ExpressionType)] = [
        "BoolValue": (.bool, .bool), "BytesValue": (.bytes, .bytes), "DoubleValue": (.double, .double), "FloatValue": (.double, .double),
        "Int32Value": (.int, .int), "Int64Value": (.int, .int), "StringValue": (.string, .string), "UInt32Value": (.uint, .uint),
        "UInt64Value": (.uint, .uint),
    ]

    static func type(
        named name: String, _ fields: [String], at id: SyntaxTree.NodeID, in tree: SyntaxTree
    ) throws(ExpressionError) -> ExpressionType {
        guard let short = short(name) else { throw unknown(name).located(at: tree[id].offset, in: tree.source) }
        if let wrapper = wrappers[short] { return wrapper.type }
        switch short {
        case "Duration": return .duration
        case "Timestamp": return .timestamp
        case "Struct": return .map(.string, .dyn)
        case "ListValue": return .list(.dyn)
        default: return .dyn
        }
    }

    static func make(_ name: String, _ fields: [String], _ values: [ExpressionValue]) throws(ExpressionError) -> ExpressionValue {
        guard let short = short(name) else { throw unknown(name) }
        switch (short, fields.count) {
        case ("Timestamp", _), ("Duration", _): return try time(short, Dictionary(zip(fields, values)) { $1 })
        case ("Value", 0): return .null
        case ("Value", 1): return try value(fields[0], values[0])
        case ("Struct", 0): return .map(MapValue())
        case ("ListValue", 0): return .list([])
        case ("Struct", 1):
            guard case .map = values[0], fields[0] == "fields" else { throw mismatch(name) }
            return values[0]
        case ("ListValue", 1):
            guard case .list = values[0], fields[0] == "values" else { throw mismatch(name) }
            return values[0]
        case (_, 0): return try zero(short)
        case (_, 1) where fields[0] == "value": return try wrapped(short, values[0])
        default: throw ExpressionError(.argument, "The message '\(name)' has no such fields.")
        }
    }

    private static func short(_ name: String) -> String? {
        let short = name.split(separator: ".").last.map(String.init) ?? name
        guard [short, "protobuf." + short, "google.protobuf." + short, ".google.protobuf." + short].contains(name) else { return nil }
        return wrappers[short] != nil || ["Value", "Duration", "Timestamp", "Struct", "ListValue"].contains(short) ? short : nil
    }

    private static func time(_ name: String, _ fields: [String: ExpressionValue]) throws(ExpressionError) -> ExpressionValue {
        var numbers: [String: Int64] = [:]
        for (field, value) in fields {
            guard case .int(let number) = value, ["seconds", "nanos"].contains(field) else { throw mismatch(name) }
            numbers[field] = number
        }
        let (seconds, nanos) = (numbers["seconds"] ?? 0, numbers["nanos"] ?? 0)
        if name == "Timestamp", let small = Int32(exactly: nanos), let time = Timestamp(seconds: seconds, nanoseconds: small) {
            return .timestamp(time)
        }
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = product.addingReportingOverflow(nanos)
        guard name == "Duration", !overflow, !carry else { throw ExpressionError(.range, "The \(name.lowercased()) leaves its range.") }
        return .duration(TimeSpan(nanoseconds: sum))
    }

    private static func value(_ field: String, _ value: ExpressionValue) throws(ExpressionError) -> ExpressionValue {
        switch (field, value) {
        case ("null_value", .null), ("null_value", .int(0)): return .null
        case ("number_value", .double), ("string_value", .string), ("bool_value", .bool), ("list_value", .list), ("struct_value", .map):
            return value
        default: throw mismatch("Value")
        }
    }

    private static func zero(_ name: String) throws(ExpressionError) -> ExpressionValue {
        switch wrappers[name]?.type {
        case .bool: .bool(false)
        case .bytes: .bytes([])
        case .double: .double(0)
        case .int: .int(0)
        case .uint: .uint(0)
        case .string: .string("")
        default: throw unknown(name)
        }
    }

    private static func wrapped(_ name: String, _ value: ExpressionValue) throws(ExpressionError) -> ExpressionValue {
        guard let wrapper = wrappers[name], wrapper.type.name == value.typeName else { throw mismatch(name) }
        switch value {
        case .int(let number) where name == "Int32Value" && Int32(exactly: number) == nil: throw range(name)
        case .uint(let number) where name == "UInt32Value" && UInt32(exactly: number) == nil: throw range(name)
        case .double(let number) where name == "FloatValue": return .double(Double(Float(number)))
        default: return value
        }
    }

    private static func unknown(_ name: String) -> ExpressionError {
        ExpressionError(.unknownName, "There is no message type '\(name)'.", fix: "Write a map: {'key': value}.")
    }

    private static func mismatch(_ name: String) -> ExpressionError {
        ExpressionError(.type, "A field of '\(name)' has a value of another type.")
    }

    private static func range(_ name: String) -> ExpressionError {
        ExpressionError(.range, "The value leaves the range of '\(name)'.")
    }
}
