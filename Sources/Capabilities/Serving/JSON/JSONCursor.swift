// SPDX-License-Identifier: Apache-2.0

/// Reads JSON (RFC 8259) from bytes in one pass; values that nobody asks for are skipped, never built.
///
/// For the bodies and columns that are read thousands of times a second. Every read fails with a `Fault` that says where.
package struct JSONCursor {
    /// What was wrong, as the end of a sentence, and at which byte, counting from 0.
    package struct Fault: Error, Equatable {
        package var reason: String
        package var position: Int
    }

    /// Deepest nesting of arrays and objects taken.
    package static let maximumDepth = 32

    let bytes: [UInt8]
    let end: Int
    package internal(set) var position = 0
    private var depth = 0

    /// - Parameter count: How many of the bytes are the JSON text; all of them when nil.
    package init(_ bytes: [UInt8], count: Int? = nil) {
        self.bytes = bytes
        end = min(count ?? bytes.count, bytes.count)
    }

    /// The next byte that is not space; nil at the end.
    package mutating func peek() -> UInt8? {
        while position < end {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    package mutating func take(_ byte: UInt8) throws {
        guard let next = peek() else { throw fault("it ends where '\(Character(Unicode.Scalar(byte)))' should follow") }
        guard next == byte else { throw fault("'\(Character(Unicode.Scalar(byte)))' should stand here, not \(describe(next))") }
        position += 1
    }

    /// - Throws: When anything but space follows.
    package mutating func takeEnd() throws {
        if let next = peek() { throw fault("nothing should follow the end, but \(describe(next)) does") }
    }

    package mutating func takeNull() throws -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try takeWord("null")
        return true
    }

    package mutating func bool() throws -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try takeWord("true")
            return true
        case UInt8(ascii: "f"):
            try takeWord("false")
            return false
        case let next: throw fault("true or false should stand here, not \(describe(next))")
        }
    }

    /// Calls `body` at the value of each member; it must read or skip the value.
    package mutating func forEachMember(_ body: (inout JSONCursor, _ name: String) throws -> Void) throws {
        try enter(UInt8(ascii: "{"))
        if peek() == UInt8(ascii: "}") { return leave() }
        while true {
            let name = try string()
            try take(UInt8(ascii: ":"))
            try body(&self, name)
            guard try takeSeparator(or: UInt8(ascii: "}")) else { return leave() }
        }
    }

    /// Calls `body` at each element; it must read or skip the element.
    package mutating func forEachElement(_ body: (inout JSONCursor) throws -> Void) throws {
        try enter(UInt8(ascii: "["))
        if peek() == UInt8(ascii: "]") { return leave() }
        while true {
            try body(&self)
            guard try takeSeparator(or: UInt8(ascii: "]")) else { return leave() }
        }
    }

    package mutating func skip() throws {
        switch peek() {
        case UInt8(ascii: "{"): try forEachMember { cursor, _ in try cursor.skip() }
        case UInt8(ascii: "["): try forEachElement { try $0.skip() }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
        case UInt8(ascii: "n"): _ = try takeNull()
        default: _ = try number()
        }
    }

    package func fault(_ reason: String) -> Fault {
        Fault(reason: reason, position: position)
    }

    func describe(_ byte: UInt8?) -> String {
        guard let byte else { return "the end" }
        return (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    }

    private mutating func enter(_ bracket: UInt8) throws {
        try take(bracket)
        depth += 1
        guard depth <= Self.maximumDepth else { throw fault("it nests deeper than \(Self.maximumDepth) levels") }
    }

    private mutating func leave() {
        position += 1
        depth -= 1
    }

    /// True after a comma; false at the closing bracket, which stays.
    private mutating func takeSeparator(or bracket: UInt8) throws -> Bool {
        let next = peek()
        if next == UInt8(ascii: ",") {
            position += 1
            return true
        }
        guard next == bracket else {
            throw fault("',' or '\(Character(Unicode.Scalar(bracket)))' should stand here, not \(describe(next))")
        }
        return false
    }

    private mutating func takeWord(_ word: StaticString) throws {
        let count = word.utf8CodeUnitCount
        let isThere = position + count <= end && word.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + count]) }
        guard isThere else { throw fault("'\(word)' should stand here") }
        position += count
    }
}
