// SPDX-License-Identifier: Apache-2.0

import Domain
import Pipelines
import Testing

@Suite("Expressions of steps")
struct StepExpressionsTests {
    private let expressions = StepExpressions(parameters: [
        ParameterSpecification(name: "rate", type: .number), ParameterSpecification(name: "months", type: .list),
        ParameterSpecification(name: "a-b", type: .string), ParameterSpecification(name: "count", type: .integer),
    ])
    private let scope = StepScope(
        parameters: ["rate": 1, "months": [1, 2, 3], "a-b": "x", "count": 3],
        steps: [
            "train": StepView(state: "succeeded", outputs: ["auc": 0.7, "by": ["day": [1, 2]]]),
            "unit-tests": StepView(state: "failed"),
        ])

    @Test(
        "hold or do not hold",
        arguments: [
            ("parameters.rate < 1.5", true), ("parameters.rate == 1.0", true), ("parameters['rate'] == 1.0", true),
            ("parameters['a-b'] == 'x'", true), ("2 in parameters.months", true), ("parameters.count == 3", true),
            ("steps.train.outputs.auc > 0.8", false), ("steps['unit-tests'].state == 'failed'", true),
            ("steps.train.outputs.by.day[1] == 2", true), ("has(steps.train.outputs.loss)", false),
            ("steps.train.outputs.loss > 1 || steps.train.state == 'succeeded'", true),
        ])
    func hold(_ source: String, _ expected: Bool) throws {
        #expect(try expressions.holds(source, in: scope) == expected)
    }

    @Test(
        "that cannot be evaluated permit nothing",
        arguments: [
            "steps.train.outputs.loss > 1", "steps.absent.state == 'failed'", "item == 1", "1 / (parameters.count - 3) == 1",
            "steps.train.outputs.auc", "parameters.months.map(a, parameters.months.map(b, parameters.months)).size() > 0 && 1 > 'a'", "((",
            "",
        ])
    func errors(_ source: String) {
        #expect(throws: Problem.self) { try expressions.holds(source, in: scope) }
    }

    @Test("that take too long are stopped")
    func limits() throws {
        var scope = scope
        scope.parameters["months"] = .array((0..<2000).map { .integer($0) })
        let problem = try #require(throws: Problem.self) {
            try expressions.holds("parameters.months.all(a, parameters.months.all(b, a + b >= 0))", in: scope)
        }
        #expect(problem.kind == .exhausted)
        #expect(problem.code.hasPrefix("pipelines.expression.limit."))
    }

    @Test("give lists, whose elements they may speak of")
    func items() throws {
        #expect(try expressions.items("parameters.months.filter(m, m > 1)", in: scope) == [2, 3])
        #expect(
            try expressions.items("[{'a': 1.5, 'b': [true, null]}, parameters.rate, 'x', 7u]", in: scope)
                == [["a": 1.5, "b": [true, nil]], 1.0, "x", 7])
        var inside = scope
        inside.item = ["name": "a"]
        inside.index = 4
        #expect(try expressions.holds("item.name == 'a' && index == 4", in: inside))
        inside.item = .null
        #expect(try expressions.holds("item == null", in: inside))
        for source in ["3", "parameters.rate", "{1: 2}", "[b'x']", "[timestamp('2026-01-01T00:00:00Z')]", "[{1: 2}]", "[0.0 / 0.0]"] {
            #expect(throws: Problem.self, "\(source)") { try expressions.items(source, in: scope) }
        }
    }

    @Test("name the steps that they speak of, and not variables of macros")
    func steps() throws {
        #expect(
            try StepExpressions.stepsNamed(in: "steps.b.state == 'x' && steps[\"a-1\"].outputs.o > 1 && steps.b.outputs.p") == ["b", "a-1"])
        #expect(try StepExpressions.stepsNamed(in: "[1].exists(steps, steps > 1)") == [])
        #expect(
            try StepExpressions.stepsNamed(in: "[steps.a].exists(s, s.state == 'x') && steps.?c.state.hasValue() && has(steps.d)") == [
                "a", "c", "d",
            ])
        #expect(try StepExpressions.stepsNamed(in: "parameters.steps.x == 1 && math.greatest(1, 2) == type(1)") == [])
        #expect(
            try StepExpressions.references(in: "steps.a.outputs['x'].y > 1 && steps.b") == [
                StepReference(step: "a", member: "outputs", output: "x"), StepReference(step: "b"),
            ])
        for source in ["steps", "steps.size() > 0", "steps[parameters.x].state == ''", "steps.exists(s, true)", "steps."] {
            #expect(throws: Problem.self, "\(source)") { try StepExpressions.stepsNamed(in: source) }
        }
    }
}
