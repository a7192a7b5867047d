// SPDX-License-Identifier: Apache-2.0

enum Placeholders {
    /// Turns each `?` into `$1`, `$2`, …, except in literals, quoted names and comments.
    static func numbered(_ sql: String) -> String {
        var numbered: [UInt8] = []
        let source = Array(sql.utf8)
        var index = 0
        var number = 0
        while index < source.count {
            if let end = endOfQuotation(in: source, at: index) {
                numbered += source[index..<end]
                index = end
                continue
            }
            if source[index] == UInt8(ascii: "?") {
                number += 1
                numbered += "$\(number)".utf8
            } else {
                numbered.append(source[index])
            }
            index += 1
        }
        return String(decoding: numbered, as: UTF8.self)
    }

    /// Where the literal, quoted name or comment that begins at `start` ends; nil when none begins there.
    private static func endOfQuotation(in sql: [UInt8], at start: Int) -> Int? {
        let next = start + 1 < sql.count ? sql[start + 1] : 0
        switch (sql[start], next) {
        case (UInt8(ascii: "'"), _), (UInt8(ascii: "\""), _):
            // A doubled quote inside reads as the end of one and the start of the next.
            return sql[(start + 1)...].firstIndex(of: sql[start]).map { $0 + 1 } ?? sql.count
        case (UInt8(ascii: "-"), UInt8(ascii: "-")):
            return sql[start...].firstIndex(of: UInt8(ascii: "\n")) ?? sql.count
        case (UInt8(ascii: "/"), UInt8(ascii: "*")):
            var index = start + 2
            while index + 1 < sql.count {
                if sql[index] == UInt8(ascii: "*"), sql[index + 1] == UInt8(ascii: "/") { return index + 2 }
                index += 1
            }
            return sql.count
        default:
            return nil
        }
    }
}
