// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads JSON (RFC 8259) in one pass over its bytes, taking the bare `NaN` and `Infinity` that Python writes as numbers too.
///
/// Whole numbers that fit are integers, all others doubles.
package struct JSONReader {
    package static let maximumDepth = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0

    /// - Throws: `Problem` `.invalid` naming the place where it stops being JSON.
    package static func value(in bytes: UnsafeBufferPointer<UInt8>) throws(Problem) -> JSONValue {
        try node(in: bytes).value
    }

    /// - Throws: As `value`.
    package static func node(in bytes: UnsafeBufferPointer<UInt8>) throws(Problem) -> JSONNode {
        var reader = JSONReader(bytes: bytes)
        reader.skipSpace()
        let node = try reader.value()
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.malformed("more follows after its end") }
        return node
    }

    /// - Throws: As `value(in:)`.
    package static func value(of text: String) throws(Problem) -> JSONValue {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBufferPointer { bytes throws(Problem) in try value(in: bytes) }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private mutating func value() throws(Problem) -> JSONNode {
        switch peek() {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "N"): return try word("NaN", .number(.nan))
        case UInt8(ascii: "I"): return try word("Infinity", .number(.infinity))
        case .some: return try number()
        case nil: throw malformed("a value is missing")
        }
    }

    private mutating func object() throws(Problem) -> JSONNode {
        try descend()
        var members: [JSONNode.Member] = []
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard peek() == UInt8(ascii: "\"") else { throw malformed("a member's name is missing") }
            let name = try text()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw malformed("a colon is missing") }
            skipSpace()
            members.append(JSONNode.Member(name: name, node: try value()))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw malformed("an object is not closed") }
        depth -= 1
        return .object(members)
    }

    private mutating func array() throws(Problem) -> JSONNode {
        try descend()
        var elements: [JSONNode] = []
        if take(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            skipSpace()
            elements.append(try value())
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw malformed("an array is not closed") }
        depth -= 1
        return .array(elements)
    }

    private mutating func descend() throws(Problem) {
        position += 1
        depth += 1
        guard depth <= Self.maximumDepth else { throw malformed("it nests deeper than \(Self.maximumDepth) levels") }
        skipSpace()
        // An empty one is closed by its caller's first look.
        if let next = peek(), next == UInt8(ascii: "}") || next == UInt8(ascii: "]") { depth -= 1 }
    }

    private mutating func text() throws(Problem) -> String {
        position += 1
        let start = position
        while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 32 { position += 1 }
        if peek() == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var text = Array(bytes[start..<position])
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            guard byte >= 32 else { throw malformed("a text holds a control character") }
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            try escape(into: &text)
        }
        guard take(UInt8(ascii: "\"")) else { throw malformed("a text is not closed") }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape(into text: inout [UInt8]) throws(Problem) {
        guard let byte = peek() else { throw malformed("a text is not closed") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), peek() == UInt8(ascii: "\\"), position + 1 < bytes.count,
                bytes[position + 1] == UInt8(ascii: "u")
            {
                let mark = position
                position += 2
                let low = try hexadecimal()
                if (0xDC00..<0xE000).contains(low) {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    position = mark
                }
            }
            // Half of a surrogate pair stands for no character.
            text += Array(String(UnicodeScalar(code) ?? "\u{FFFD}").utf8)
        default: throw malformed("a text holds an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(Problem) -> UInt32 {
        guard position + 4 <= bytes.count, let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else {
            throw malformed("a text holds an unknown escape")
        }
        position += 4
        return code
    }

    private mutating func number() throws(Problem) -> JSONNode {
        let start = position
        var isWhole = true
        var magnitude: Int64 = 0
        var digits = 0
        if peek() == UInt8(ascii: "-") {
            position += 1
            if peek() == UInt8(ascii: "I") { return try word("Infinity", .number(-.infinity)) }
        }
        while let byte = peek() {
            if byte &- 48 < 10 {
                digits += 1
                if digits <= 18 { magnitude = magnitude * 10 + Int64(byte &- 48) }
            } else if byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") || byte == UInt8(ascii: "+")
                || byte == UInt8(ascii: "-")
            {
                isWhole = false
            } else {
                break
            }
            position += 1
        }
        let isNegative = bytes[start] == UInt8(ascii: "-")
        if isWhole, digits > 0, digits <= 18 { return .integer(isNegative ? -magnitude : magnitude) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard digits > 0, let number = Double(text) else { throw malformed("a value is missing") }
        return .number(number)
    }

    private mutating func word(_ word: StaticString, _ value: JSONNode) throws(Problem) -> JSONNode {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count, (0..<count).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] }) else {
            throw malformed("a value is missing")
        }
        position += count
        return value
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 32 || byte == 10 || byte == 13 || byte == 9 { position += 1 }
    }

    private func malformed(_ why: String) -> Problem {
        Problem(.invalid, "request.body.malformed", "The body is not JSON.", why: "At byte \(position): \(why).")
    }
}
