// SPDX-License-Identifier: Apache-2.0

import Domain
import Pipelines
import Testing

@Suite("An execution plan")
struct ExecutionPlanTests {
    private static func plan(_ steps: [StepSpecification]) throws(ExecutionPlan.Refusal) -> ExecutionPlan {
        try ExecutionPlan(PipelineSpecification(name: "p", parameters: [ParameterSpecification(name: "l", type: .list)], steps: steps))
    }

    @Test("keeps the document's order among steps that could go")
    func order() throws {
        let plan = try Self.plan([
            StepSpecification(name: "d", needs: ["b"], command: ["x"]), StepSpecification(name: "c", command: ["x"]),
            StepSpecification(name: "b", needs: ["a", "c"], command: ["x"]), StepSpecification(name: "a", command: ["x"]),
            StepSpecification(name: "e", command: ["x"]),
        ])
        #expect(plan.nodes.map(\.step.name) == ["c", "a", "b", "d", "e"])
        #expect(plan.nodes[2].needs == ["c", "a"])
    }

    @Test("finds needs in bindings, conditions and lists")
    func needs() throws {
        let outputs = ["v": OutputSpecification(path: "v", type: .value)]
        var last = StepSpecification(name: "last", command: ["x"], inputs: ["i": .output(step: "a", name: "v")])
        last.condition = "steps.b.state == 'failed' || steps['c-d'].outputs.v > 1"
        last.forEach = FanOut(.expression("parameters.l + steps.e.outputs.v"))
        var other = StepSpecification(name: "other", command: ["x"])
        other.forEach = FanOut(.binding(.output(step: "last", name: "v")))
        last.outputs = outputs
        let names = ["a", "b", "c-d", "e"]
        let plan = try Self.plan([other, last] + names.map { StepSpecification(name: $0, command: ["x"], outputs: outputs) })
        #expect(plan.nodes.last?.step.name == "other")
        #expect(plan.nodes.last?.needs == ["last"])
        #expect(plan.nodes.first { $0.step.name == "last" }?.needs == names)
    }

    @Test("of ten thousand steps in a chain, in a fan and backwards is made at once")
    func large() throws {
        let count = PipelineSpecification.maximumSteps
        func check(_ needs: (Int) -> [Int]) throws {
            let steps = (0..<count).map { StepSpecification(name: "s\($0)", needs: needs($0).map { "s\($0)" }, command: ["x"]) }
            let plan = try Self.plan(steps)
            var places: [String: Int] = [:]
            for (place, node) in plan.nodes.enumerated() { places[node.step.name] = place }
            #expect(places.count == count)
            for (place, node) in plan.nodes.enumerated() { #expect(node.needs.allSatisfy { (places[$0] ?? count) < place }) }
        }
        try check { $0 == 0 ? [] : [$0 - 1] }
        try check { $0 == 0 ? [] : [0] }
        try check { $0 == count - 1 ? [] : [$0 + 1] }
        try check { step in step == 0 ? [] : [step / 2, max(0, step - 7)].filter { $0 < step } }
        let ring = try #require(throws: ExecutionPlan.Refusal.self) {
            try Self.plan((0..<count).map { StepSpecification(name: "s\($0)", needs: ["s\(($0 + 1) % count)"], command: ["x"]) })
        }
        #expect(ring.problem.code == "pipelines.step.cycle")
        #expect(ring.problem.what.contains("s0 → s1 → "))
        #expect(ring.problem.what.utf8.count < 500)
    }
}
