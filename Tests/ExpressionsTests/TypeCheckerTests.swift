// SPDX-License-Identifier: Apache-2.0
import Expressions
import Testing

/// CEL specification, "Gradual Type Checking".
@Suite("Checking of types") struct TypeCheckerTests {
    private static let environment = ExpressionEnvironment(variables: [
        "params": .map(.string, .dyn), "rows": .list(.map(.string, .double)), "count": .int, "rate": .double, "name": .string,
        "at": .timestamp, "maybe": .optional(.int), "steps.train.seed": .int,
    ])

    @Test(
        "finds the type of the whole",
        arguments: [
            ("1 + 2", "int"), ("1.0 / 2.0", "double"), ("count > 3", "bool"), ("params.x", "dyn"), ("rows[0]", "map(string, double)"),
            ("rows[0].auc", "double"), ("rows.map(r, r.auc)", "list(double)"), ("rows.filter(r, r.auc > 0.5)", "list(map(string, double))"),
            ("rows.exists(r, r.auc > 0.5)", "bool"), ("[1, 'a']", "list(dyn)"), ("[1, 2]", "list(int)"), ("[]", "list(dyn)"),
            ("[[], [1]]", "list(list(int))"), ("{'a': 1, 'b': 2.0}", "map(string, dyn)"), ("{}", "map(dyn, dyn)"),
            ("true ? 1 : 2", "int"), ("true ? 1 : dyn('a')", "dyn"), ("at - at", "google.protobuf.Duration"),
            ("at + duration('1s')", "google.protobuf.Timestamp"), ("maybe.orValue(3)", "int"),
            ("maybe.optMap(x, string(x))", "optional_type(string)"),
            ("params.?x", "optional_type(dyn)"), ("rows[?0]", "optional_type(map(string, double))"),
            ("optional.none()", "optional_type(dyn)"),
            ("rows[?0].auc", "optional_type(double)"), ("type(1)", "type(int)"), ("int", "type(int)"), ("steps.train.seed", "int"),
            ("cel.bind(x, 1.5, x * 2.0)", "double"), ("{'a': 1}.transformMap(k, v, string(v))", "map(string, string)"),
            ("[1, 2].transformList(i, v, i + v)", "list(int)"), ("'a,b'.split(',')", "list(string)"), ("ip('::1')", "net.IP"),
            ("[optional.of(1), null][0]", "optional_type(int)"), ("[null, at][1]", "google.protobuf.Timestamp"),
            ("math.greatest(1, 2)", "int"),
            ("math.greatest(1, 2.0)", "dyn"), ("has(params.x)", "bool"), ("[1] + []", "list(int)"), ("params.x == 1", "bool"),
        ])
    func types(source: String, type: String) throws {
        #expect(try Self.environment.compile(source).type.description == type)
    }

    @Test(
        "refuses what cannot have a value, and says where, what and how else",
        arguments: [
            ("1 + 'a'", .noOverload, 3, "'+' does not take (int, string)."),
            ("count == 1.0", .noOverload, 7, "'==' does not take (int, double)."),
            ("cuont > 3", .unknownName, 1, "There is no variable 'cuont'."),
            ("params.x && count", .noOverload, 13, "'&&' needs bool, not int."),
            ("count ? 1 : 2", .noOverload, 1, "The condition before '?' needs bool, not int."),
            ("true ? 1 : 'a'", .noOverload, 6, "'?:' gives int or string."),
            ("count.x", .type, 6, "int has no fields, so there is no '.x'."),
            ("name.startswith('a')", .unknownFunction, 6, "There is no function 'startswith'."),
            ("name.startsWith(1)", .noOverload, 6, "There is no 'string.startsWith(int)'."),
            ("count.all(x, true)", .type, 1, "int has no elements to go over."),
            ("rows.all(r, r.auc)", .noOverload, 14, "What is asked of each element needs bool, not double."),
            ("{1.5: 2}", .type, 2, "double is no key of a map."),
            ("maybe + 1", .noOverload, 7, "'+' does not take (optional_type(int), int)."),
            ("size(3)", .noOverload, 1, "'size' does not take (int)."),
            ("[?1]", .type, 3, "An optional is needed here, not int."),
            ("-name", .noOverload, 1, "'-' does not take (string)."),
            ("name[0]", .noOverload, 5, "'[ ]' does not take (string, int)."),
            ("Unknown{a: 1}", .unknownName, 8, "There is no message type 'Unknown'."),
            ("rows[0]['auc'] > 'a'", .noOverload, 16, "'>' does not take (double, string)."),
        ] as [(String, ExpressionError.Code, Int, String)])
    func refusals(source: String, code: ExpressionError.Code, column: Int, what: String) throws {
        let error = #expect(throws: ExpressionError.self) { try Self.environment.compile(source) }
        #expect(error?.code == code)
        #expect(error?.what == what)
        #expect(error?.position?.column == column)
    }

    @Test("names what was probably meant")
    func suggestions() {
        let error = #expect(throws: ExpressionError.self) { try Self.environment.compile("name.startswith('a')") }
        #expect(error?.fix == "Did you mean 'startsWith'?")
        #expect(error?.description == "1:6: There is no function 'startswith'. Did you mean 'startsWith'?")
    }

    @Test("refuses a condition that gives no bool, when a bool is needed")
    func expectedType() throws {
        let error = #expect(throws: ExpressionError.self) { try Self.environment.compile("count + 1", expecting: .bool) }
        #expect(error?.code == .type)
        #expect(try Self.environment.compile("params.x", expecting: .bool).type == .dyn)
        let late = #expect(throws: ExpressionError.self) {
            try Self.environment.compile("params.x", expecting: .bool).decide(["params": .map(["x": .int(1)])])
        }
        #expect(late?.code == .type)
    }

    @Test("says which variables an expression reads")
    func variables() throws {
        let compiled = try Self.environment.compile("count > 1 && rows.exists(r, r.auc > rate) && steps.train.seed == 3")
        #expect(compiled.variables == ["count", "rows", "rate", "steps.train.seed"])
    }

    @Test(
        "reads types as text and writes them the same",
        arguments: [
            "dyn", "null_type", "int", "list(int)", "map(string, list(optional_type(bool)))", "google.protobuf.Timestamp", "type(int)",
            "net.CIDR",
        ])
    func typeText(text: String) throws {
        #expect(ExpressionType(text)?.description == text)
    }

    @Test(
        "reads no type from other text",
        arguments: ["", "integer", "list(", "list(int", "list(int, int)", "map(int)", "list()", "int)", "map(string, foo)"])
    func noType(text: String) {
        #expect(ExpressionType(text) == nil)
    }
}
