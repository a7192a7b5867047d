// SPDX-License-Identifier: Apache-2.0

import Expressions
import Testing

@Suite struct SQLConditionTests {
    static let columns: [String: SQLCondition.Kind] = [
        "n": .int, "x": .double, "s": .text, "b": .bool, "t": .time, "odd name": .any, "it's": .text,
    ]

    @Test(
        "conditions in CEL become SQL of the same meaning",
        arguments: [
            ("row.n > 1 && n <= 10", #"(("n" > 1) AND ("n" <= 10))"#), ("!(row.b) || b == true", #"((NOT "b") OR ("b" = true))"#),
            ("row[\"odd name\"] == null", #"("odd name" IS NULL)"#), ("has(row.s)", #"("s" IS NOT NULL)"#),
            ("null != row.s", #"("s" IS NOT NULL)"#), ("row[\"it's\"] in ['a''b', \"it's\"]", #"("it's" IN ('a', 'b', 'it''s'))"#),
            ("row.s in []", "false"), ("n / 2 == 1", #"(("n" // 2) = 1)"#), ("x / 2.0 == 1.5", #"(("x" / (2.0e0)) = (1.5e0))"#),
            ("s + 'x' == 'yx'", #"(("s" || 'x') = 'yx')"#),
            ("s.startsWith('a') && s.endsWith(\"'\")", #"(starts_with("s", 'a') AND ends_with("s", ''''))"#),
            ("s.matches('^a+$')", #"regexp_matches("s", '^a+$')"#), ("size(s) < 3", #"(length("s") < 3)"#),
            (
                "t > timestamp('2024-01-01T00:00:00Z') - duration('1h')",
                #"("t" > (CAST('2024-01-01T00:00:00Z' AS TIMESTAMPTZ) - to_microseconds(3600000000)))"#
            ),
            ("(b ? n : -1) > 0", #"((CASE WHEN "b" THEN "n" ELSE (-1) END) > 0)"#), ("t.getFullYear() == 2024", #"(year("t") = 2024)"#),
        ])
    func translation(cel: String, sql: String) throws {
        // Two texts side by side are no CEL; the list above writes them apart.
        let cel = cel.replacing("'a''b'", with: "'a', 'b'")
        #expect(try SQLCondition(cel, columns: Self.columns).sql == sql)
    }

    @Test(
        "what has no counterpart, or is no condition, is refused with its place",
        arguments: [
            "row.nothing == 1", "nothing == 1", "row == null", "n", "n + 1", "[n].exists(i, i > 1)", "{'a': n}.a == 1", "s.matches(s)",
            "s.matches('[a')", "duration(s) > duration('1h')", "row.s.length > 1", "n in [1, 2", "row[s] == 1", "b'x' == b'y'",
            "type(n) == int",
        ])
    func refusals(cel: String) {
        #expect(throws: ExpressionError.self) { try SQLCondition(cel, columns: Self.columns) }
    }

    @Test("names the columns that are read, and does not recurse over long conditions")
    func columnsRead() throws {
        #expect(try SQLCondition("row.n > 1 || (x > 2.0 && row['it\\'s'] == 'a')", columns: Self.columns).columns == ["it's", "n", "x"])
        let deep = String(repeating: "(", count: 2_000) + "n > 1" + String(repeating: ")", count: 2_000)
        #expect(try SQLCondition(deep, columns: Self.columns).sql == #"("n" > 1)"#)
        let long = Array(repeating: "n > 1", count: 3_000).joined(separator: " && ")
        #expect(try SQLCondition(long, columns: Self.columns).columns == ["n"])
    }
}
