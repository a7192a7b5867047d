// SPDX-License-Identifier: Apache-2.0

import Domain

/// Writes JSON straight to bytes. Members without a value are left out.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// An object as the whole text.
    static func object(_ body: (inout JSONWriter) throws -> Void) rethrows -> JSONWriter {
        var writer = JSONWriter()
        try writer.braces(body)
        return writer
    }

    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        text(value)
    }

    mutating func member(_ name: StaticString, _ value: Int64?) {
        guard let value else { return }
        key(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    mutating func member(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        key(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// What is no number is written as a text, as MLflow does.
    mutating func member(_ name: StaticString, _ value: Double) {
        key(name)
        if value.isFinite {
            bytes.append(contentsOf: value.description.utf8)
        } else {
            text(value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity")
        }
    }

    mutating func member(_ name: StaticString, object body: (inout JSONWriter) throws -> Void) rethrows {
        key(name)
        try braces(body)
    }

    /// An array of objects; left out when empty.
    mutating func member<Item>(_ name: StaticString, objects items: [Item], _ body: (Item, inout JSONWriter) throws -> Void) rethrows {
        guard !items.isEmpty else { return }
        key(name)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for item in items {
            separate()
            try braces { writer in try body(item, &writer) }
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Objects with commas between them, for an array that is written in pieces.
    static func objects<Item>(_ items: [Item], _ body: (Item, inout JSONWriter) throws -> Void) rethrows -> [UInt8] {
        var writer = JSONWriter()
        for item in items {
            writer.separate()
            try writer.braces { writer in try body(item, &writer) }
        }
        return writer.bytes
    }

    mutating func member(_ name: StaticString, texts: [String]) {
        guard !texts.isEmpty else { return }
        key(name)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for value in texts {
            separate()
            text(value)
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Keys and values as one object, also when empty.
    mutating func member(_ name: StaticString, pairs: [(key: String, value: String)]) {
        key(name)
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        for pair in pairs {
            separate()
            text(pair.key)
            bytes.append(UInt8(ascii: ":"))
            text(pair.value)
        }
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Any value; members by name.
    mutating func member(_ name: StaticString, json value: JSONValue) {
        key(name)
        any(value)
        needsComma = true
    }

    private mutating func any(_ value: JSONValue) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let number): bytes.append(contentsOf: String(number).utf8)
        case .number(let number): if number.isFinite { bytes.append(contentsOf: number.description.utf8) } else { text("NaN") }
        case .string(let value): text(value)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                any(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                text(member.key)
                bytes.append(UInt8(ascii: ":"))
                any(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func braces(_ body: (inout JSONWriter) throws -> Void) rethrows {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        try body(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    private mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func text(_ value: String) {
        var value = value
        bytes.append(UInt8(ascii: "\""))
        value.withUTF8 { text in
            if text.contains(where: Self.needsEscape) { escape(text) } else { bytes.append(contentsOf: text) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 32 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        for byte in text {
            if byte < 32 {
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: [byte].lowercaseHexadecimal.utf8)
            } else {
                if Self.needsEscape(byte) { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
        }
    }
}
