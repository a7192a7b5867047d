// SPDX-License-Identifier: Apache-2.0
import Expressions
import Foundation
import Testing

@Suite("Evaluation of expressions") struct EvaluationTests {
    private func evaluate(_ source: String, _ bindings: [String: ExpressionValue] = [:]) throws -> ExpressionValue {
        try ExpressionEnvironment().compileUnchecked(source).evaluate(bindings)
    }

    @Test("logic is commutative over errors: a deciding operand wins, in every order")
    func logicOverErrors() throws {
        // CEL specification, "Logical Operators": an error is given only when no operand decides.
        for (operation, deciding) in [("||", "true"), ("&&", "false")] {
            let neutral = deciding == "true" ? "false" : "true"
            let operands = [deciding, neutral, "1/0 > 0", "missing", "3"]
            for first in operands {
                for second in operands {
                    for third in operands {
                        let source = [first, second, third].joined(separator: " \(operation) ")
                        let chosen = [first, second, third]
                        if chosen.contains(deciding) {
                            #expect(try evaluate(source) == .bool(deciding == "true"), "\(source)")
                        } else if chosen.allSatisfy({ $0 == neutral }) {
                            #expect(try evaluate(source) == .bool(deciding != "true"), "\(source)")
                        } else {
                            #expect(throws: ExpressionError.self, "\(source)") { try evaluate(source) }
                        }
                    }
                }
            }
        }
    }

    @Test(
        "macros absorb errors as logic does",
        arguments: [
            ("[1, 0, 2].exists(x, 1 / x == 1)", true), ("[0, 1].exists(x, 1 / x == 1)", true), ("[0, 2].exists(x, 1 / x == 1)", nil),
            ("[0, 2].all(x, 1 / x == 1)", false), ("[0, 1].all(x, 1 / x == 1)", nil), ("[].all(x, 1 / 0 == 1)", true),
            ("[].exists(x, 1 / 0 == 1)", false), ("[1, 0].exists_one(x, 1 / x == 1)", nil),
            ("[[0], [1]].exists(l, l.all(x, 1 / x == 1))", true),
            ("[1, 2].all(i, v, v == i + 1)", true), ("{'a': 0, 'b': 1}.exists(k, v, 1 / v == 1)", true),
            ("[1, 2, 3].exists_one(x, x > 2)", true),
        ] as [(String, Bool?)])
    func macrosOverErrors(source: String, value: Bool?) throws {
        guard let value else {
            #expect(throws: ExpressionError.self) { try evaluate(source) }
            return
        }
        #expect(try evaluate(source) == .bool(value))
    }

    @Test("an error of a binding shows only where it is used")
    func lazyBinding() throws {
        #expect(try evaluate("cel.bind(x, 1 / 0, true)") == .bool(true))
        #expect(try evaluate("cel.bind(x, 1 / 0, x > 1 || true)") == .bool(true))
        let error = #expect(throws: ExpressionError.self) { try evaluate("cel.bind(x, 1 / 0, x > 1)") }
        #expect(error?.code == .divisionByZero)
        #expect(error?.position?.column == 15)
    }

    @Test(
        "says what failed and where",
        arguments: [
            ("1 / (2 - 2)", .divisionByZero, 3), ("9223372036854775807 + 1", .range, 21), ("[1, 2][5]", .index, 7),
            ("{'a': 1}.b", .noSuchKey, 9),
            ("{'a': 1}['b']", .noSuchKey, 9), ("true &&\n  nothing", .unknownName, 3), ("int('x')", .conversion, 1),
            ("{1: 1, 1u: 2}", .duplicateKey, 1),
            ("'a'.matches('(')", .regularExpression, 5), ("optional.none().value()", .noValue, 17), ("f(1)", .unknownFunction, 1),
            ("'a' + 1", .noOverload, 5), ("'a'.size(1, 2)", .noOverload, 5), ("timestamp('x')", .conversion, 1), ("uint(-1)", .range, 1),
            ("x.getHours('Nowhere/City')", .argument, 3), ("'abc'.charAt(4)", .index, 7), ("[1].map(x, x / 0)", .divisionByZero, 14),
        ] as [(String, ExpressionError.Code, Int)])
    func errors(source: String, code: ExpressionError.Code, column: Int) throws {
        let time = try #require(Timestamp(seconds: 0))
        let error = #expect(throws: ExpressionError.self) { try evaluate(source, ["x": .timestamp(time)]) }
        #expect(error?.code == code)
        #expect(error?.position?.column == column, "\(error?.description ?? "")")
    }

    @Test("names operators as they are written")
    func operatorNames() {
        for (source, what) in [
            ("1 + 'a'", "'+' does not take (int, string)."), ("null < 1", "'<' does not take (null_type, int)."),
            ("!1", "'!' does not take (int)."), ("-'a'", "'-' does not take (string)."), ("1 in 2", "'in' does not take (int, int)."),
            ("1 && true", "'&&' does not take (int)."), ("'a'.size(1)", "No form of 'size' is called this way."),
        ] {
            let error = #expect(throws: ExpressionError.self) { try evaluate(source) }
            #expect(error?.what == what)
        }
    }

    @Test(
        "compares numbers by value over their types, and no other values over types",
        arguments: [
            ("1 == 1u && 1u == 1.0 && 1.0 == 1", true), ("1 < 1.5 && 1u < 2 && 2.5 > 2u", true), ("-1 < 0u && 0u > -1", true),
            ("18446744073709551615u > 9223372036854775807", true), ("0.0 / 0.0 == 0.0 / 0.0", false), ("0.0 / 0.0 != 0.0 / 0.0", true),
            ("1 == '1'", false), ("null == 0", false), ("[1, 2.0, 3u] == [1.0, 2u, 3]", true), ("{1: 'a'} == {1u: 'a'}", true),
            ("{1: 'a'}[1.0] == 'a' && {1u: 'a'}[1] == 'a'", true), ("1.0 in {1: 0} && 1u in {1: 0} && !(1.5 in {1: 0})", true),
            ("'\u{E9}' == 'e\u{301}'", false), ("'\u{1F431}' > '\u{FFFF}'", true), ("b'a' < b'b' && b'' < b'a'", true),
            ("-0.0 == 0.0", true),
            ("{'e\u{301}': 1} == {'\u{E9}': 1}", false), ("type(1) == int && type(int) == type", true), ("[1, [2]] == [1, [2.0]]", true),
        ])
    func comparison(source: String, value: Bool) throws {
        #expect(try evaluate(source) == .bool(value))
    }

    @Test("counts texts in code points")
    func codePoints() throws {
        let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}"
        #expect(try evaluate("size('\(family)')") == .int(5))
        #expect(try evaluate("'\(family)'.charAt(2)") == .string("\u{1F469}"))
        #expect(try evaluate("'e\u{301}'.size()") == .int(2))
        #expect(try evaluate("'e\u{301}x'.indexOf('x')") == .int(2))
        #expect(try evaluate("'e\u{301}'.startsWith('e')") == .bool(true))
        #expect(try evaluate("'\\r\\n'.contains('\\n')") == .bool(true))
    }

    @Test("the longest name of a variable wins, in the innermost container")
    func names() throws {
        let bindings: [String: ExpressionValue] = [
            "a": .map(["b": .map(["c": .int(1)])]), "a.b": .map(["c": .int(2)]), "a.b.c": .int(3), "n.a": .int(4),
        ]
        #expect(try evaluate("a.b.c", bindings) == .int(3))
        #expect(try evaluate("a.b", bindings) == .map(["c": .int(2)]))
        #expect(try evaluate("a['b'].c", bindings) == .int(1))
        let inside = ExpressionEnvironment(container: "n.m")
        #expect(try inside.compileUnchecked("a").evaluate(bindings) == .int(4))
        #expect(try inside.compileUnchecked(".a.b.c").evaluate(bindings) == .int(3))
        #expect(try inside.compileUnchecked("[5].map(a, a)[0]").evaluate(bindings) == .int(5))
        #expect(try inside.compileUnchecked("[5].map(a, .a.b.c)[0]").evaluate(bindings) == .int(3))
    }

    @Test("a checked variable without a value is an error, and an error is no decision")
    func unbound() throws {
        let environment = ExpressionEnvironment(variables: ["x": .bool])
        let compiled = try environment.compile("x")
        let error = #expect(throws: ExpressionError.self) { try compiled.decide() }
        #expect(error?.code == .unknownName)
    }

    @Test("is the same from many threads at once")
    func concurrency() async throws {
        let compiled = try ExpressionEnvironment(variables: ["n": .int]).compile("[1, 2, 3].map(x, x * n).exists(y, y == 3 * n)")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 { group.addTask { try compiled.decide(["n": .int(Int64(number))]) } }
            for try await holds in group { #expect(holds) }
        }
    }
}
