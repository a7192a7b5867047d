// SPDX-License-Identifier: Apache-2.0
import Expressions
import Testing

/// CEL specification, "Syntax".
@Suite("Syntax of expressions") struct SyntaxTests {
    @Test(
        "binds operators by their precedence, to the left",
        arguments: [
            ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 - 4 - 3", 3), ("100 / 10 / 5", 2), ("7 % 4 * 2", 6), ("2 * -3", -6),
            ("-2 - -3", 1), ("- 2 * 3", -6), ("1 - 1", 0), ("true ? 1 : false ? 2 : 3", 1), ("false ? 1 : true ? 2 : 3", 2),
            ("1 < 2 ? 3 + 4 : 5", 7), ("[1, 2][1] * 2", 4), ("{'a': 5}.a + 1", 6), ("-{'a': 5}.a", -5), ("-[3][0]", -3),
            ("'abc'.size() + 1", 4), ("0x1F + 1", 32), ("-0x10", -16), ("--5", 5), ("---5", -5),
        ] as [(String, Int64)])
    func precedence(source: String, value: Int64) throws {
        #expect(try ExpressionEnvironment().compile(source).evaluate() == .int(value))
    }

    @Test(
        "binds logic weaker than comparison, and weaker than or",
        arguments: [
            ("true || false && false", true), ("(true || false) && false", false), ("1 < 2 && 2 < 3", true), ("!true || true", true),
            ("!(true || true)", false), ("1 + 1 == 2 && 2 * 2 != 5", true), ("1 in [1] && !(2 in [1])", true),
            ("1 < 2 == true", true), ("false == false != false", true), ("!!true", true), ("!!!true", false),
        ])
    func logic(source: String, value: Bool) throws {
        #expect(try ExpressionEnvironment().compile(source).decide() == value)
    }

    @Test(
        "reads literals",
        arguments: [
            ("1u", .uint(1)), ("0xFFu", .uint(255)), ("18446744073709551615u", .uint(.max)), ("-9223372036854775808", .int(.min)),
            ("1e3", .double(1_000)), (".5", .double(0.5)), ("1.5E-2", .double(0.015)), ("-0.0", .double(0)),
            (#"'a\n\x41\u00e9\U0001F431\101'"#, .string("a\nA\u{E9}\u{1F431}A")), (#"r'a\n'"#, .string("a\\n")), ("R\"\\\"", .string("\\")),
            ("'''a'b\n'''", .string("a'b\n")), ("\"\"\"\"a\"\"\"", .string("\"a")), (#"b'\xff\377a'"#, .bytes([255, 255, 97])),
            ("b'\u{E9}'", .bytes([0xC3, 0xA9])), (#"br'\x41'"#, .bytes(Array(#"\x41"#.utf8))), ("rb'a'", .bytes([97])),
            ("[1, 2,]", .list([.int(1), .int(2)])), ("{'a': 1,}", .map(["a": .int(1)])), ("[]", .list([])), ("null", .null),
            ("1 // a comment\n + // another\n 2", .int(3)),
        ] as [(String, ExpressionValue)])
    func literals(source: String, value: ExpressionValue) throws {
        #expect(try ExpressionEnvironment().compile(source).evaluate() == value)
    }

    @Test("keeps the sign of a negative zero")
    func negativeZero() throws {
        guard case .double(let zero) = try ExpressionEnvironment().compile("-0.0").evaluate() else {
            Issue.record("no double")
            return
        }
        #expect(zero == 0 && zero.sign == .minus)
    }

    @Test(
        "says where it stumbles",
        arguments: [
            ("", 1, 1), ("1 +", 1, 4), ("1 + * 2", 1, 5), ("(1", 1, 3), ("1)", 1, 2), ("[1, 2", 1, 6), ("{1: 2", 1, 6), ("{1}", 1, 3),
            ("f(1,)", 1, 5), ("a.", 1, 3), ("a..b", 1, 3), ("1 2", 1, 3), ("a b", 1, 3), ("true ? 1", 1, 9), ("1 : 2", 1, 3),
            ("true ? false ? 1 : 2 : 3", 1, 14), ("'abc", 1, 1), ("'a\nb'", 1, 1), (#"'\q'"#, 1, 2), (#"b'\u0041'"#, 1, 3),
            ("'\\ud800'", 1, 2),
            ("a = 1", 1, 3), ("a & b", 1, 3), ("x\n  + $", 2, 5), ("'\u{1F431}' + #", 1, 7), ("9223372036854775808", 1, 1),
            ("1.0e999", 1, 8),
            ("0x", 1, 3), ("for + 1", 1, 1), ("has(a)", 1, 1), ("[1].all(1, true)", 1, 5), ("[1].all(x.y, true)", 1, 5),
            ("[1].all(x, x, true)", 1, 5), ("a.true", 1, 3), ("a.`b", 1, 5), ("(1, 2)", 1, 3), ("[1}", 1, 3),
        ])
    func positions(source: String, line: Int, column: Int) throws {
        let error = #expect(throws: ExpressionError.self) { try ExpressionEnvironment().compileUnchecked(source) }
        #expect(error?.code == .syntax)
        #expect(error?.position?.line == line, "\(error?.description ?? "")")
        #expect(error?.position?.column == column, "\(error?.description ?? "")")
    }

    @Test("takes reserved words as fields and quoted names as fields")
    func fields() throws {
        let environment = ExpressionEnvironment()
        #expect(try environment.compile("{'for': 1}.for").evaluate() == .int(1))
        #expect(try environment.compile("{'content-type': 1}.`content-type`").evaluate() == .int(1))
        #expect(try environment.compile("has({'a/b': 1}.`a/b`)").decide())
    }

    @Test("without macros there are no macros")
    func macrosAllowed() throws {
        var environment = ExpressionEnvironment()
        environment.allowsMacros = false
        let error = #expect(throws: ExpressionError.self) { try environment.compile("has({'a': 1}.a)") }
        #expect(error?.code == .unknownFunction)
    }
}
