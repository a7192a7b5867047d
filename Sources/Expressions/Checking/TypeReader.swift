// SPDX-License-Identifier: Apache-2.0

/// Reads a type as text.
struct TypeReader {
    static let plain: [String: ExpressionType] = [
        "dyn": .dyn, "null_type": .null, "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string,
        "bytes": .bytes, "google.protobuf.Timestamp": .timestamp, "timestamp": .timestamp, "google.protobuf.Duration": .duration,
        "duration": .duration, "net.IP": .abstract("net.IP"), "net.CIDR": .abstract("net.CIDR"), "null": .null,
    ]

    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func type(depth: Int) -> ExpressionType? {
        guard depth <= maximumNesting else { return nil }
        let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
        rest = rest.dropFirst(name.count)
        guard rest.first == "(" else {
            return Self.plain[name] ?? ExpressionType(named: name)
        }
        rest = rest.dropFirst()
        var parts: [ExpressionType] = []
        repeat {
            rest = rest.drop { $0 == " " || $0 == "," }
            guard let part = type(depth: depth + 1) else { return nil }
            parts.append(part)
        } while rest.first == ","
        guard rest.first == ")" else { return nil }
        rest = rest.dropFirst()
        switch (name, parts.count) {
        case ("list", 1): return .list(parts[0])
        case ("map", 2): return .map(parts[0], parts[1])
        case ("optional_type", 1), ("optional", 1): return .optional(parts[0])
        case ("type", 1): return .type(parts[0])
        default: return nil
        }
    }
}
