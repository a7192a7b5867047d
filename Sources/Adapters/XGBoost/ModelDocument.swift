// SPDX-License-Identifier: Apache-2.0

import Domain

/// A model file of XGBoost, JSON or UBJSON (draft 12 as XGBoost writes it), taken apart as far as its structure goes.
enum ModelDocument {
    indirect enum Value {
        case object([String: Value])
        case array([Value])
        case text(String)
        case integer(Int64)
        /// Whole numbers that stood in an array.
        case integers([Int64])
        /// So many numbers that are not all whole.
        case numbers(Int)
        case other
    }

    /// JSON takes many times its size while it is looked at.
    static let longestJSON = 256 << 20

    /// Nil when the bytes are neither.
    static func read(_ bytes: [UInt8]) -> Value? {
        bytes.withUnsafeBufferPointer { bytes in
            // An object's first name in UBJSON is preceded by its length.
            if bytes.count > 1, bytes[0] == UInt8(ascii: "{"), bytes[1] == UInt8(ascii: "L") {
                var reader = UBJSONReader(bytes: bytes)
                return reader.document()
            }
            guard bytes.count <= longestJSON, let value = try? JSONReader.value(in: bytes) else { return nil }
            return Value(value)
        }
    }
}

extension ModelDocument.Value {
    fileprivate init(_ value: JSONValue) {
        switch value {
        case .object(let members): self = .object(members.mapValues { Self($0) })
        case .array(let elements):
            let integers = elements.compactMap(\.integer)
            if integers.count == elements.count {
                self = .integers(integers)
            } else if elements.allSatisfy({ $0.double != nil }) {
                self = .numbers(elements.count)
            } else {
                self = .array(elements.map { Self($0) })
            }
        case .string(let text): self = .text(text)
        case .integer(let number): self = .integer(number)
        case .null, .bool, .number: self = .other
        }
    }

    subscript(name: String) -> Self? { if case .object(let members) = self { members[name] } else { nil } }

    /// A number that XGBoost writes as text.
    var writtenInteger: Int? { if case .text(let text) = self { Int(text) } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }

    var elements: [Self]? {
        switch self {
        case .array(let elements): elements
        case .integers(let integers): integers.isEmpty ? [] : nil
        default: nil
        }
    }

    var integers: [Int64]? {
        switch self {
        case .integers(let integers): integers
        case .array(let elements): elements.isEmpty ? [] : nil
        default: nil
        }
    }

    /// How many numbers the list has.
    var count: Int? {
        switch self {
        case .integers(let integers): integers.count
        case .numbers(let count): count
        case .array(let elements): elements.isEmpty ? 0 : nil
        default: nil
        }
    }
}
