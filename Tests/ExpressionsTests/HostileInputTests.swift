// SPDX-License-Identifier: Apache-2.0
import Expressions
import Foundation
import Testing

/// Input made to exhaust the stack, time or memory gets a right answer or a clear error.
@Suite("Hostile input") struct HostileInputTests {
    private static let depth = 10_000

    private static func nested(_ open: String, _ inner: String, _ close: String, _ depth: Int = depth) -> String {
        String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
    }

    /// Sources that have a value however deep they nest.
    static let answered: [(name: String, source: String, value: ExpressionValue)] = [
        ("parentheses", nested("(", "1 + 1", ")"), .int(2)),
        ("not", String(repeating: "!", count: depth) + "true", .bool(true)),
        ("minus", nested("-(", "7", ")"), .int(7)),
        ("not of parentheses", nested("!(", "true", ")"), .bool(true)),
        ("and", String(repeating: "true && ", count: depth) + "false", .bool(false)),
        ("or", String(repeating: "false || ", count: depth) + "true", .bool(true)),
        ("and to the right", nested("true && (", "false", ")"), .bool(false)),
        ("sum", String(repeating: "1 + ", count: depth) + "1", .int(10_001)),
        ("sum to the right", nested("1 + (", "1", ")"), .int(10_001)),
        ("conditions", String(repeating: "false ? 1 : ", count: depth) + "2", .int(2)),
        ("conditions in parentheses", nested("true ? (", "2", ") : 3"), .int(2)),
        ("conversions", nested("int(", "3", ")"), .int(3)),
        ("calls in a row", "'a'" + String(repeating: ".trim()", count: depth), .string("a")),
    ]

    @Test("answers what nests 10,000 deep", arguments: answered.map(\.name), [true, false])
    func answersDeepNesting(name: String, isChecked: Bool) throws {
        let example = try #require(Self.answered.first { $0.name == name })
        let limits = EvaluationLimits(cost: 10_000_000)
        let found = onSmallStack { outcome(of: example.source, isChecked: isChecked, limits: limits) }
        #expect(try found?.get() == example.value)
    }

    /// Sources that are refused, in checked form and not.
    static let refused: [(name: String, source: String)] = [
        ("lists", nested("[", "1", "]")),
        ("maps", nested("{1:", "1", "}")),
        ("optionals", nested("optional.of(", "1", ")")),
        ("types", "type(" + nested("[", "1", "]") + ")"),
        ("selections", "x" + String(repeating: ".x", count: depth)),
        ("optional selections", "{}" + String(repeating: ".?x", count: 8) + String(repeating: "[0].x", count: depth) + ".y.z.value()"),
        ("indices", "[1]" + String(repeating: "[0]", count: depth)),
        ("macros", nested("[1].all(x, ", "x == 1", ")")),
        ("bindings", nested("cel.bind(x, 1, ", "x", ")")),
        ("conditions within conditions", nested("true ? ", "1", " : 2")),
        ("open parentheses", String(repeating: "(", count: depth)),
        ("open lists", String(repeating: "[", count: depth)),
        ("open maps", String(repeating: "{1:", count: depth)),
        ("open calls", String(repeating: "f(", count: depth)),
        ("open conditions", String(repeating: "true ? ", count: depth)),
        ("closing parentheses", String(repeating: ")", count: depth)),
        ("dots", String(repeating: ".", count: depth)),
        ("quotes", String(repeating: "'", count: depth) + "a"),
        (
            "block that nests values",
            "cel.block([[1], " + (0..<2_000).map { "[cel.index(\($0))]" }.joined(separator: ", ") + "], cel.index(2000))"
        ),
    ]

    @Test("refuses with a place what nests too deep or is never closed", arguments: refused.map(\.name), [true, false])
    func refusesDeepNesting(name: String, isChecked: Bool) throws {
        let example = try #require(Self.refused.first { $0.name == name })
        let found = onSmallStack { outcome(of: example.source, isChecked: isChecked, limits: EvaluationLimits(cost: 10_000_000)) }
        let error = #expect(throws: ExpressionError.self) { try found?.get() }
        #expect(error?.position != nil, "\(name): \(error?.description ?? "")")
    }

    @Test("what nests as deep as is allowed fits on a small stack")
    func deepestNesting() throws {
        let list = Self.nested("[", "1", "]", 62)
        let groups = Self.nested("(?:a|(b*", "c", ")+)", 48)
        for source in [
            "\(list) == \(list)", "'%s'.format([\(list)]) != ''", "[\(list), \(list)].all(x, x in [\(list)])", "type(\(list)) == list",
            "!'d'.matches('\(groups)')", "optional.of(\(Self.nested("[", "1", "]", 60))) != optional.none()",
        ] {
            let found = onSmallStack { outcome(of: source) }
            #expect(try found?.get() == .bool(true), "\(source)")
        }
    }

    @Test("refuses what is too long before reading it")
    func refusesLength() {
        let source = String(repeating: "1 + ", count: 100_000) + "1"
        #expect(throws: ExpressionError.self) { try ExpressionEnvironment().compile(source) }
        let small = ExpressionEnvironment(limits: SyntaxLimits(nodes: 10))
        let error = #expect(throws: ExpressionError.self) { try small.compile(String(repeating: "1 + ", count: 20) + "1") }
        #expect(error?.code == .tooLarge)
    }

    /// Expressions whose work or size explodes, and the limit that stops each.
    static let exploding: [(source: String, code: ExpressionError.Code)] = [
        (
            "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, "
                + "[1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, true))))))", .cost
        ),
        ((0..<60).map { "cel.bind(x\($0 + 1), x\($0) + x\($0), " }.joined() + "x60" + String(repeating: ")", count: 60), .cost),
        ((0..<60).map { "cel.bind(l\($0 + 1), l\($0) + l\($0), " }.joined() + "size(l60)" + String(repeating: ")", count: 60), .memory),
        ((0..<30).map { "cel.bind(l\($0 + 1), [l\($0), l\($0)], " }.joined() + "l30 == l30" + String(repeating: ")", count: 30), .cost),
        (
            (0..<30).map { "cel.bind(l\($0 + 1), [l\($0), l\($0)], " }.joined() + "'%s'.format([l30])" + String(repeating: ")", count: 30),
            .cost
        ),
        ((0..<22).map { "cel.bind(x\($0 + 1), x\($0) + x\($0), " }.joined() + "x22.split('')" + String(repeating: ")", count: 22), .cost),
        (
            (0..<20).map { "cel.bind(x\($0 + 1), x\($0) + x\($0), " }.joined() + "x20.replace('', x20)" + String(repeating: ")", count: 20),
            .memory
        ),
        (
            "'%.1000f%.1000f%.1000f'.format([1.0, 1.0, 1.0]).size() > 0 && "
                + (0..<18).map { "cel.bind(x\($0 + 1), x\($0) + x\($0), " }.joined()
                + "x18.matches('(a*)*(a*)*(a*)*(a*)*b')" + String(repeating: ")", count: 18), .cost
        ),
    ]

    @Test("stops at a limit", arguments: exploding.indices)
    func stopsExplosions(index: Int) throws {
        let (source, code) = Self.exploding[index]
        let bindings: [String: ExpressionValue] = ["x0": .string("a"), "l0": .list([.int(1)])]
        let found = onSmallStack { outcome(of: source, bindings, isChecked: false, limits: EvaluationLimits(time: .seconds(60))) }
        let error = #expect(throws: ExpressionError.self) { try found?.get() }
        #expect(error?.code == code)
    }

    @Test("an error of a limit is not absorbed", arguments: ["%@ || true", "false && %@ || true", "[1, 2].exists(x, %@ || x == 2)"])
    func limitsAreFinal(form: String) {
        let loop = "[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, true)))"
        let source = form.replacingOccurrences(of: "false && %@", with: loop).replacingOccurrences(of: "%@", with: loop)
        let found = outcome(of: source, limits: EvaluationLimits(cost: 1_000))
        let error = #expect(throws: ExpressionError.self) { try found.get() }
        #expect(error?.code == .cost)
    }
}
