// SPDX-License-Identifier: Apache-2.0
import Expressions
import Testing

@Suite("Properties of expressions") struct PropertyTests {
    private static let numbers: [ExpressionValue] =
        [Int64.min, -1, 0, 1, 1 << 53, .max].map { .int($0) } + [UInt64(0), 1, 1 << 53, 1 << 63, .max].map { .uint($0) }
        + [-.infinity, -0x1p63, -1.5, -0.0, 0.5, 1, 0x1p53, 0x1p63, 0x1p64, .infinity, .nan].map { .double($0) }

    @Test("exactly one of less, equal and greater holds for two numbers, unless one is NaN")
    func trichotomy() throws {
        let environment = ExpressionEnvironment(variables: ["a": .dyn, "b": .dyn])
        let compiled = try environment.compile("[a < b, a == b, a > b, a <= b, a >= b, a != b, b > a, b == a]")
        for left in Self.numbers {
            for right in Self.numbers {
                guard case .list(let list) = try compiled.evaluate(["a": left, "b": right]) else { continue }
                let holds = list.elements.map { $0 == .bool(true) }
                let isOrdered = left == left && right == right
                #expect(holds[0...2].count { $0 } == (isOrdered ? 1 : 0), "\(left) \(right)")
                #expect(holds[3] == (holds[0] || holds[1]) && holds[4] == (holds[2] || holds[1]) && holds[5] == !holds[1])
                #expect(holds[6] == holds[0] && holds[7] == holds[1])
            }
        }
    }

    @Test("whole numbers, texts and bytes survive being written and read", arguments: [UInt64(21), 22])
    func roundTrips(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let environment = ExpressionEnvironment(variables: ["i": .int, "u": .uint, "d": .double, "s": .string])
        let compiled = try environment.compile(
            "int(string(i)) == i && uint(string(u)) == u && double(string(d)) == d && string(bytes(s)) == s && base64.decode(base64.encode(bytes(s))) == bytes(s)"
                + " && s.reverse().reverse() == s && s.split('a').join('a') == s && s.split('').join() == s && s.replace('a', 'a') == s")
        for _ in 0..<300 {
            let double = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random))
            let text = String(
                (0..<Int.random(in: 0...12, using: &random)).map { _ in "abc\u{E9}\u{301}\u{1F431}\0".randomElement(using: &random) ?? "a" }
            )
            let bindings: [String: ExpressionValue] = [
                "i": .int(.random(in: .min ... .max, using: &random)), "u": .uint(.random(in: .min ... .max, using: &random)),
                "d": .double(double.isNaN ? 0 : double), "s": .string(text),
            ]
            #expect(try compiled.decide(bindings), "\(bindings), seed \(seed)")
        }
    }

    @Test("quotient and remainder make up the number, and overflow is an error", arguments: [UInt64(31), 32])
    func division(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let compiled = try ExpressionEnvironment(variables: ["a": .int, "b": .int]).compile("a / b * b + a % b == a")
        for _ in 0..<300 {
            let (left, right) = (Int64.random(in: .min ... .max, using: &random), Int64.random(in: -5...5, using: &random))
            let isDefined = right != 0 && !(left == .min && right == -1)
            let found = try? compiled.decide(["a": .int(left), "b": .int(right)])
            #expect(found == (isDefined ? true : nil), "\(left) / \(right), seed \(seed)")
        }
    }

    @Test("any bytes are refused or answered, never a crash", arguments: [UInt64(41), 42, 43])
    func noise(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let words = [
            "1", "1u", "1.5", "'a'", "b'a'", "true", "null", "x", ".", "?", ":", ",", "(", ")", "[", "]", "{", "}", "+", "-", "!", "&&",
            "||", "==", "<", "in", "has", "all", "map",
            "cel", "bind", "block", "index", "optional", "of", "`a-b`", "%", "/", "//", "\n", "r'", "\"\"\"", "\\", "\u{1F431}", "@",
            "size", "matches", ".?", "[?", "{?",
        ]
        for _ in 0..<2_000 {
            let source = (0..<Int.random(in: 1...14, using: &random)).map { _ in words.randomElement(using: &random) ?? "x" }.joined(
                separator: Bool.random(using: &random) ? " " : "")
            let bindings: [String: ExpressionValue] = ["x": .list([.int(1), .string("a"), .map(["a": .null])])]
            _ = outcome(of: source, bindings, types: ["x": .list(.dyn)])
            if case .failure(let error) = outcome(of: source, bindings, isChecked: false) {
                #expect(error.position != nil, "\(source): \(error)")
            }
        }
    }

    @Test("what passes the checker never fails for a missing function or form", arguments: [UInt64(51), 52])
    func soundness(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let leaves = ["1", "2u", "1.5", "'a'", "true", "[1, 2]", "{'a': 1}", "i", "s", "l"]
        func expression(_ depth: Int) -> String {
            guard depth > 0 else { return leaves.randomElement(using: &random) ?? "1" }
            let (a, b, c) = (expression(depth - 1), expression(depth - 1), expression(depth - 1))
            return [
                "(\(a) + \(b))", "(\(a) == \(b))", "(\(a) < \(b))", "(\(a) && \(b))", "!\(a)", "(\(a) ? \(b) : \(c))", "size(\(a))",
                "\(a)[\(b)]", "\(a).map(x, \(b))", "\(a).exists(x, x == \(b))",
                "[\(a), \(b)]", "{\(a): \(b)}", "string(\(a))", "(\(a) in \(b))", "cel.bind(y, \(a), [y, \(b)])",
                "optional.of(\(a)).orValue(\(b))", "\(a).a",
            ].randomElement(using: &random) ?? a
        }
        let types: [String: ExpressionType] = ["i": .int, "s": .string, "l": .list(.int)]
        let bindings: [String: ExpressionValue] = ["i": .int(3), "s": .string("text"), "l": .list([.int(5)])]
        var checked = 0
        for _ in 0..<4_000 {
            let source = expression(2)
            guard let compiled = try? ExpressionEnvironment(variables: types).compile(source) else { continue }
            checked += 1
            // Where a part is dyn the form is known only now.
            guard !source.contains(":"), !source.contains("[") else { continue }
            if case .failure(let error) = outcome(of: compiled.source, bindings, types: types) {
                #expect(
                    error.code != .noOverload && error.code != .unknownFunction && error.code != .unknownName,
                    "\(source): \(error), seed \(seed)")
            }
        }
        #expect(checked > 100)
    }
}
