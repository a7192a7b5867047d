// SPDX-License-Identifier: Apache-2.0

import Domain

/// The value of an attribute of a span; whole numbers, others, texts and bytes stay apart, and members keep their order.
package enum SpanValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case bytes([UInt8])
    case list([SpanValue])
    case members([SpanAttribute])

    /// What searches compare: a text as it is, all else as JSON.
    package var searchText: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): value.description
        case .text(let value): value
        case .bytes(let value): value.lowercaseHexadecimal
        case .list(let values): "[" + values.map(\.nestedText).joined(separator: ", ") + "]"
        case .members(let members):
            "{" + members.map { Self.quoted($0.key) + ": " + $0.value.nestedText }.joined(separator: ", ") + "}"
        }
    }

    private var nestedText: String {
        if case .text(let value) = self { Self.quoted(value) } else { searchText }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}

package struct SpanAttribute: Codable, Hashable, Sendable {
    package var key: String
    package var value: SpanValue

    package init(_ key: String, _ value: SpanValue) {
        self.key = key
        self.value = value
    }

    private enum CodingKeys: String, CodingKey {
        case key = "k"
        case value = "v"
    }
}

/// JSON in which a value's kind can be told: `{"d": …}` is a number that need not be whole, `{"b": …}` bytes, `{"m": …}` members.
extension SpanValue: Codable {
    private enum Kind: String, CodingKey {
        case number = "d"
        case special = "s"
        case bytes = "b"
        case members = "m"
    }

    package init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Kind.self), let kind = container.allKeys.first {
            switch kind {
            case .number: self = .number(try container.decode(Double.self, forKey: kind))
            case .special: self = .number(Double(bitPattern: try container.decode(UInt64.self, forKey: kind)))
            case .bytes: self = .bytes(try container.decode([UInt8].self, forKey: kind))
            case .members: self = .members(try container.decode([SpanAttribute].self, forKey: kind))
            }
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else {
            self = .list(try container.decode([SpanValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let value): try value.encode(to: encoder)
        case .integer(let value): try value.encode(to: encoder)
        case .text(let value): try value.encode(to: encoder)
        case .list(let values): try values.encode(to: encoder)
        case .number(let value):
            var container = encoder.container(keyedBy: Kind.self)
            // JSON has no words for what is no finite number.
            if value.isFinite {
                try container.encode(value, forKey: .number)
            } else {
                try container.encode(value.bitPattern, forKey: .special)
            }
        case .bytes(let value):
            var container = encoder.container(keyedBy: Kind.self)
            try container.encode(value, forKey: .bytes)
        case .members(let members):
            var container = encoder.container(keyedBy: Kind.self)
            try container.encode(members, forKey: .members)
        }
    }
}
