// SPDX-License-Identifier: Apache-2.0

/// A type an expression is checked against (CEL specification, "Gradual Type Checking").
package indirect enum ExpressionType: Hashable, Sendable {
    /// Known only when evaluated; fits everywhere.
    case dyn
    case null
    case bool, int, uint, double, string, bytes
    case timestamp, duration
    /// The type of types; nil when of which is not known.
    case type(ExpressionType?)
    case list(ExpressionType)
    case map(ExpressionType, ExpressionType)
    case optional(ExpressionType)
    /// A type of an extension, such as `net.IP`.
    case abstract(String)
    /// Of a function, stands for any type, the same wherever its name stands.
    case parameter(String)
    /// A type not known yet.
    case unknown(Int)

    /// Parts of the type that are types, in order.
    var parts: [ExpressionType] {
        switch self {
        case .list(let element): [element]
        case .map(let key, let value): [key, value]
        case .optional(let content): [content]
        default: []
        }
    }

    /// The same type of other parts, of which there are as many.
    func with(_ parts: [ExpressionType]) -> ExpressionType {
        switch self {
        case .list: .list(parts[0])
        case .map: .map(parts[0], parts[1])
        case .optional: .optional(parts[0])
        default: self
        }
    }

    var depth: Int {
        switch self {
        case .list(let element): element.depth + 1
        case .map(let key, let value): max(key.depth, value.depth) + 1
        case .optional(let content): content.depth + 1
        case .type(let type?): type.depth + 1
        default: 0
        }
    }

    /// Types whose parts are of one kind.
    func hasShape(of other: ExpressionType) -> Bool {
        switch (self, other) {
        case (.list, .list), (.map, .map), (.optional, .optional), (.type, .type): true
        default: self == other
        }
    }
}

extension ExpressionType: CustomStringConvertible {
    /// In the syntax of the specification: "map(string, list(int))".
    package var description: String {
        switch self {
        case .dyn: "dyn"
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .type(let type): type.map { "type(\($0))" } ?? "type"
        case .list(let element): "list(\(element))"
        case .map(let key, let value): "map(\(key), \(value))"
        case .optional(let content): "optional_type(\(content))"
        case .abstract(let name): name
        case .parameter(let name): name
        case .unknown: "_"
        }
    }

    /// Reads the syntax of the specification; nil when the text is no type.
    package init?(_ text: String) {
        var reader = TypeReader(text)
        guard let type = reader.type(depth: 0), reader.isAtEnd else { return nil }
        self = type
    }

    /// A type named in an expression, with nothing known of its parts.
    init?(named name: String) {
        switch name {
        case "list": self = .list(.dyn)
        case "map": self = .map(.dyn, .dyn)
        case "optional_type": self = .optional(.dyn)
        case "type": self = .type(nil)
        default:
            guard let type = TypeReader.plain[name] else { return nil }
            self = type
        }
    }

    /// As `type(value)` names a value of this type.
    var name: String {
        switch self {
        case .list: "list"
        case .map: "map"
        case .optional: "optional_type"
        case .type: "type"
        default: description
        }
    }
}
