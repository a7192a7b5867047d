// SPDX-License-Identifier: Apache-2.0

package import Domain

/// The one way to write a JSON value as bytes: RFC 8785 (JCS) without floating-point numbers.
///
/// UTF-8, object keys in the order of their UTF-16 code units, no insignificant whitespace, the shortest escapes, and
/// integers from -(2^53 - 1) to 2^53 - 1, which every JSON reader holds exactly.
package enum CanonicalJSON {
    package static let maximumDepth = 32
    package static let integers: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991

    /// - Throws: `Problem` `ledger.payload.number` for a floating-point number or a larger integer, `ledger.payload.depth` for deeper nesting.
    package static func bytes(of value: JSONValue) throws(Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        try write(value, to: &bytes, depth: 0)
        return bytes
    }

    private static func write(_ value: JSONValue, to bytes: inout [UInt8], depth: Int) throws(Problem) {
        guard depth <= maximumDepth else {
            throw Problem(
                .invalid, "ledger.payload.depth", "The payload is nested more than \(maximumDepth) deep.", fix: "Refer to it by its digest."
            )
        }
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let number):
            guard integers.contains(number) else { throw inexact(String(number)) }
            write(number, to: &bytes)
        case .number(let number): throw inexact(String(number))
        case .string(let text): write(text, to: &bytes)
        case .array(let elements):
            bytes.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                try write(element, to: &bytes, depth: depth + 1)
            }
            bytes.append(0x5D)
        case .object(let members):
            bytes.append(0x7B)
            let sorted = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                write(member.key, to: &bytes)
                bytes.append(0x3A)
                try write(member.value, to: &bytes, depth: depth + 1)
            }
            bytes.append(0x7D)
        }
    }

    static func write(_ number: Int64, to bytes: inout [UInt8]) {
        if number < 0 { bytes.append(0x2D) }
        var rest = number.magnitude
        let start = bytes.count
        repeat {
            bytes.append(0x30 + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// A quoted string; runs that need no escape are copied whole.
    static func write(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        bytes.append(0x22)
        text.withUTF8 { source in
            var start = 0
            for index in source.indices where source[index] < 0x20 || source[index] == 0x22 || source[index] == 0x5C {
                bytes.append(contentsOf: source[start..<index])
                bytes.append(contentsOf: escape(of: source[index]))
                start = index + 1
            }
            bytes.append(contentsOf: source[start...])
        }
        bytes.append(0x22)
    }

    private static func escape(of byte: UInt8) -> [UInt8] {
        switch byte {
        case 0x08: Array("\\b".utf8)
        case 0x09: Array("\\t".utf8)
        case 0x0A: Array("\\n".utf8)
        case 0x0C: Array("\\f".utf8)
        case 0x0D: Array("\\r".utf8)
        case 0x22, 0x5C: [0x5C, byte]
        default: Array("\\u00".utf8) + Array([byte].lowercaseHexadecimal.utf8)
        }
    }

    private static func inexact(_ number: String) -> Problem {
        Problem(
            .invalid, "ledger.payload.number", "The number \(number) cannot stand in a ledger entry.",
            why: "Entries hold only integers between -(2^53 - 1) and 2^53 - 1, so that every reader sees the same value.",
            fix: "Give it as a decimal string.")
    }
}
