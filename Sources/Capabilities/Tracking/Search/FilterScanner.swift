// SPDX-License-Identifier: Apache-2.0

import Domain

/// Splits a filter or sort text into its words, quoted texts and signs.
struct FilterScanner {
    enum Token: Equatable {
        /// A keyword or subject; `quoted` when part of it stood in quotes or backticks, so that it is no keyword.
        case word(String, quoted: Bool)
        case text(String)
        case number(String)
        case sign(String)
    }

    /// Bytes of the longest filter read.
    static let maximumLength = 16_384

    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) throws(Problem) {
        bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else {
            throw Problem(
                .invalid, "tracking.filter.too-long", "The filter has \(bytes.count) bytes.", why: "At most \(Self.maximumLength) are read."
            )
        }
    }

    mutating func next() throws(Problem) -> Token? {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            return .text(try quoted())
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","):
            position += 1
            return .sign(String(UnicodeScalar(byte)))
        case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"):
            return .sign(sign())
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"):
            return .number(bare())
        default:
            return try word()
        }
    }

    private mutating func sign() -> String {
        let start = position
        while position < bytes.count, Self.isComparisonSign(bytes[position]), position - start < 2 { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func bare() -> String {
        let start = position
        while position < bytes.count, !Self.endsWord(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func word() throws(Problem) -> Token {
        var text: [UInt8] = []
        var isQuoted = false
        while position < bytes.count, !Self.endsWord(bytes[position]) {
            if bytes[position] == UInt8(ascii: "`") || bytes[position] == UInt8(ascii: "\"") {
                isQuoted = true
                text += Array(try quoted().utf8)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        return .word(String(decoding: text, as: UTF8.self), quoted: isQuoted)
    }

    /// What stands between a quote and its partner; a doubled quote stands for itself.
    private mutating func quoted() throws(Problem) -> String {
        let quote = bytes[position]
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte != quote {
                text.append(byte)
            } else if position < bytes.count, bytes[position] == quote {
                text.append(quote)
                position += 1
            } else {
                return String(decoding: text, as: UTF8.self)
            }
        }
        throw Problem(
            .invalid, "tracking.filter.unclosed", "A quote in the filter string is not closed.",
            fix: "Close it, for example: params.model = 'tree'.")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private static func isComparisonSign(_ byte: UInt8) -> Bool { "=!<>".utf8.contains(byte) }

    private static func endsWord(_ byte: UInt8) -> Bool {
        isSpace(byte) || isComparisonSign(byte) || "(),'".utf8.contains(byte)
    }
}
