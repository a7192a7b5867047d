// SPDX-License-Identifier: Apache-2.0
import Expressions
import Synchronization
import Testing

@Suite("Limits of evaluation") struct LimitTests {
    private func code(_ source: String, _ limits: EvaluationLimits, _ bindings: [String: ExpressionValue] = [:]) -> ExpressionError.Code? {
        switch outcome(of: source, bindings, isChecked: false, limits: limits) {
        case .success: nil
        case .failure(let error): error.code
        }
    }

    @Test("the cost grows with the elements looked at")
    func costOfElements() {
        let numbers = ExpressionValue.list((0..<1_000).map { .int($0) })
        #expect(code("l.all(x, x >= 0)", EvaluationLimits(cost: 1_000), ["l": numbers]) == .cost)
        #expect(code("l.all(x, x >= 0)", EvaluationLimits(cost: 20_000), ["l": numbers]) == nil)
        #expect(code("1000 in l", EvaluationLimits(cost: 500), ["l": numbers]) == .cost)
        #expect(code("l == l", EvaluationLimits(cost: 500), ["l": numbers]) == .cost)
        #expect(code("sets.equivalent(l, l)", EvaluationLimits(cost: 100_000), ["l": numbers]) == .cost)
    }

    @Test("the cost grows with the texts read and written")
    func costOfTexts() {
        let text = ExpressionValue.string(String(repeating: "a", count: 100_000))
        for source in [
            "s.contains('b')", "s == s + ''", "s.size() > 0", "s.matches('b')", "s.split('b') == []", "s.replace('b', 'c') == ''",
            "s.reverse() == ''", "s.indexOf('b') > 0",
        ] {
            #expect(code(source, EvaluationLimits(cost: 5_000), ["s": text]) == .cost, "\(source)")
        }
    }

    @Test(
        "memory counts every value made",
        arguments: [
            "s + s", "l + l", "l.map(x, s + s)", "s.split('')", "[l, l].map(x, x + x)", "'%s%s'.format([s, s])", "bytes(s)",
            "[s, s].join(',')", "s.replace('a', 'bb')", "l.transformMap(i, v, v)",
        ])
    func memory(source: String) {
        let bindings: [String: ExpressionValue] = [
            "s": .string(String(repeating: "a", count: 2_000)), "l": .list((0..<100).map { .int($0) }),
        ]
        #expect(code(source, EvaluationLimits(memory: 1_500), bindings) == .memory)
        #expect(code(source, EvaluationLimits(), bindings) == nil)
    }

    @Test("time is read from the clock given, and looked at while it runs")
    func time() throws {
        let start = ContinuousClock.now
        let readings = Mutex(0)
        let compiled = try ExpressionEnvironment(variables: ["l": .list(.int)]).compile("l.all(x, l.all(y, x + y >= 0))")
        let numbers = ExpressionValue.list((0..<500).map { .int($0) })
        // Each reading of the clock is a millisecond after the last.
        let error = #expect(throws: ExpressionError.self) {
            try compiled.evaluate(["l": numbers], limits: EvaluationLimits(cost: .max, time: .milliseconds(50))) {
                readings.withLock { count in
                    count += 1
                    return start.advanced(by: .milliseconds(count))
                }
            }
        }
        #expect(error?.code == .time)
        #expect(readings.withLock { $0 } == 52)
    }

    @Test("values from outside that nest too deep are refused")
    func nestedBinding() {
        var value = ExpressionValue.int(1)
        for _ in 0..<100 { value = .list([value]) }
        #expect(code("x", .standard, ["x": value]) == .nesting)
        #expect(code("size(x) == 1", .standard, ["x": value]) == .nesting)
    }

    @Test("the same expression costs the same each time")
    func repeatable() throws {
        let compiled = try ExpressionEnvironment().compile("[1, 2, 3].map(x, x * 2).exists(x, x == 6)")
        let enough = try #require((1...1_000).first { (try? compiled.evaluate(limits: EvaluationLimits(cost: $0))) != nil })
        #expect((enough...1_000).allSatisfy { (try? compiled.evaluate(limits: EvaluationLimits(cost: $0))) != nil })
        #expect(enough > 20)
    }
}
