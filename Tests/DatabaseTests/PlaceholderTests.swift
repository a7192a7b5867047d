// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Postgres

@Suite("Postgres placeholders")
struct PlaceholderTests {
    @Test(
        "numbers each question mark outside literals, names and comments",
        arguments: [
            ("SELECT 1", "SELECT 1"),
            ("a = ? AND b = ?", "a = $1 AND b = $2"),
            ("?,?,?", "$1,$2,$3"),
            ("a = '?' AND b = ?", "a = '?' AND b = $1"),
            ("a = 'it''s ?' AND b = ?", "a = 'it''s ?' AND b = $1"),
            ("\"odd?\" = ?", "\"odd?\" = $1"),
            ("a -- why?\n= ?", "a -- why?\n= $1"),
            ("a /* ? * / ?? */ = ?", "a /* ? * / ?? */ = $1"),
            ("a - ? / ? * ?", "a - $1 / $2 * $3"),
            ("'open ?", "'open ?"),
            ("/* open ?", "/* open ?"),
            ("'ü?' || ?", "'ü?' || $1"),
            ("", ""),
        ])
    func numbers(sql: String, expected: String) {
        #expect(Placeholders.numbered(sql) == expected)
    }
}
