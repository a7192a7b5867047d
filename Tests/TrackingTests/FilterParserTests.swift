// SPDX-License-Identifier: Apache-2.0

import Domain
import Testing

@testable import Tracking

@Suite struct FilterParserTests {
    @Test("reads every operation")
    func operations() throws {
        let text = """
            metrics.a = 1 AND metrics.a != -2.5 AND metrics.a < 1e3 AND metrics.a <= 4 AND metrics.a > 5 AND metrics.a>=6
            and params.b LIKE '%x' AND params.b ilike "y" AND run_id IN ('p', 'q') AND run_id not in ('r') AND tags.c IS NULL and tags.c is not null
            """
        let comparisons = try FilterParser.comparisons(in: text)
        #expect(
            comparisons.map(\.operation) == [
                .equal, .unequal, .less, .atMost, .greater, .atLeast, .like, .caseInsensitiveLike, .among, .notAmong, .isNull, .isNotNull,
            ])
        #expect(comparisons[1].operand == .number(-2.5))
        #expect(comparisons[2].operand == .number(1000))
        #expect(comparisons[3].operand == .integer(4))
        #expect(comparisons[8].operand == .list([.text("p"), .text("q")]))
        #expect(comparisons[8].subject == SearchSubject(.attribute, "run_id"))
    }

    @Test("reads keys with dots, spaces and quotes")
    func keys() throws {
        let comparisons = try FilterParser.comparisons(in: "tags.mlflow.source.name = 'a' AND params.`a b` = 'c' AND metrics.\"x=y\" > 1")
        #expect(comparisons.map(\.subject.key) == ["mlflow.source.name", "a b", "x=y"])
    }

    @Test(
        "refuses what it cannot read",
        arguments: [
            "metrics.a", "metrics.a >", "a = 1 OR b = 2", "(a = 1)", "metrics.a > 'x", "unknown.a = 1", "metrics. = 1", "a = b",
            "a == == 1",
            "a IN 1", "a IN ('x'", "a IS 1", "a = 1 AND", "AND", "a = 1 b = 2", "a LIKE", "a = 1e999",
        ])
    func malformed(text: String) {
        #expect(throws: Problem.self) { try FilterParser.comparisons(in: text) }
    }

    @Test("refuses filters beyond their bounds")
    func bounds() {
        #expect(throws: Problem.self) { try FilterParser.comparisons(in: String(repeating: "a = 1 AND ", count: 100) + "a = 1") }
        #expect(throws: Problem.self) { try FilterParser.comparisons(in: "a = '" + String(repeating: "x", count: 17_000) + "'") }
    }

    @Test("reads orders")
    func orders() throws {
        #expect(try FilterParser.sortTerm(in: "metrics.auc DESC") == SortTerm(SearchSubject(.metric, "auc"), isDescending: true))
        #expect(try FilterParser.sortTerm(in: "params.`a b` asc") == SortTerm(SearchSubject(.param, "a b")))
        #expect(try FilterParser.sortTerm(in: "start_time") == SortTerm(SearchSubject(.attribute, "start_time")))
        #expect(throws: Problem.self) { try FilterParser.sortTerm(in: "start_time UP") }
        #expect(throws: Problem.self) { try FilterParser.sortTerm(in: "start_time DESC, run_id") }
        #expect(throws: Problem.self) { try FilterParser.sortTerm(in: "") }
    }
}
