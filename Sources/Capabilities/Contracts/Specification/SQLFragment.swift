// SPDX-License-Identifier: Apache-2.0

import Domain

/// Pieces of SQL: those of the platform quoted, those of people looked at.
enum SQLFragment {
    static func name(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    static func literal(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    /// Refuses a condition that would not stay one within parentheses: it keeps what is counted what the rule says.
    ///
    /// What it may read is not settled here but by the engine.
    static func check(_ condition: String, of place: String) throws(Problem) {
        func refuse(_ why: String) -> Problem {
            Problem(
                .invalid, "contracts.contract.malformed", "The data contract cannot be used.", why: "\(place): \(why)",
                fix: "Write one condition, or use 'query' for a whole SELECT.")
        }
        let bytes = Array(condition.utf8)
        var depth = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                if byte == UInt8(ascii: "'"), index > 0, bytes[index - 1] | 0x20 == UInt8(ascii: "e"),
                    index < 2 || !isWord(bytes[index - 2])
                {
                    throw refuse("a text with escapes, E'…', cannot stand in a condition.")
                }
                var end = index + 1
                while end < bytes.count, bytes[end] != byte || (end + 1 < bytes.count && bytes[end + 1] == byte) {
                    end += bytes[end] == byte ? 2 : 1
                }
                guard end < bytes.count else { throw refuse("a quote is not closed.") }
                index = end
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"):
                depth -= 1
                guard depth >= 0 else { throw refuse("a parenthesis is closed that was not opened.") }
            case UInt8(ascii: ";"): throw refuse("a ';' cannot stand in a condition.")
            case UInt8(ascii: "$"): throw refuse("a '$' cannot stand in a condition.")
            case UInt8(ascii: "-") where next == byte: throw refuse("a comment cannot stand in a condition.")
            case UInt8(ascii: "/") where next == UInt8(ascii: "*"): throw refuse("a comment cannot stand in a condition.")
            default: break
            }
            index += 1
        }
        guard depth == 0 else { throw refuse("a parenthesis is not closed.") }
    }

    /// Whether a condition names a column, outside or inside quotes: at least those that it reads.
    static func mentions(_ column: String, in condition: String) -> Bool {
        let (text, name) = (Array(condition.lowercased().utf8), Array(column.lowercased().utf8))
        guard !name.isEmpty, text.count >= name.count else { return false }
        return (0...(text.count - name.count)).contains { start in
            text[start..<start + name.count].elementsEqual(name) && (start == 0 || !isWord(text[start - 1]))
                && (start + name.count == text.count || !isWord(text[start + name.count]))
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 || byte >= 128
    }
}
