// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A checked pipeline in an order in which its steps can run: every step after all it needs, else as in the document.
package struct ExecutionPlan: Sendable, Codable, Equatable {
    package struct Node: Sendable, Codable, Equatable {
        package var step: StepSpecification
        /// Names of all steps it needs, explicit, by binding and by expression, in the plan's order.
        package var needs: [String]
    }

    /// A refusal and the step it is about, nil when it is about the pipeline.
    package struct Refusal: Error, Sendable, Equatable {
        package var problem: Problem
        package var step: String?
        /// Fields that lead to what is refused, from the step or else from `spec`: `["inputs", "data"]`.
        package var path: [String] = []
    }

    package let nodes: [Node]

    /// - Parameter called: Pipelines that steps of kind pipeline call, by name, as far as they are known.
    package init(_ pipeline: PipelineSpecification, calling called: [String: PipelineSpecification] = [:]) throws(Refusal) {
        let (nodes, refusals) = Self.read(pipeline, calling: called, atMost: 1)
        if let first = refusals.first { throw first }
        self.nodes = nodes
    }

    /// Why no plan can be made, at most so many reasons; none when there is a plan.
    static func refusals(of pipeline: PipelineSpecification, calling called: [String: PipelineSpecification], atMost limit: Int)
        -> [Refusal]
    {
        read(pipeline, calling: called, atMost: limit).refusals
    }

    private static func read(
        _ pipeline: PipelineSpecification, calling called: [String: PipelineSpecification], atMost limit: Int
    ) -> (nodes: [Node], refusals: [Refusal]) {
        var check = PlanCheck(pipeline, calling: called)
        check.checkOutputs()
        var needs: [[Int]] = []
        needs.reserveCapacity(pipeline.steps.count)
        for position in pipeline.steps.indices {
            guard check.refusals.count < limit else { break }
            needs.append(check.needs(ofStepAt: position))
        }
        guard check.refusals.isEmpty else { return ([], Array(check.refusals.prefix(limit))) }
        let graph = StepGraph(needs: needs)
        let order = graph.order()
        guard order.count == needs.count else { return ([], [cycleRefusal(graph.cycle(leftBy: order).map { pipeline.steps[$0].name })]) }
        var ranks = [Int](repeating: 0, count: order.count)
        for (rank, position) in order.enumerated() { ranks[position] = rank }
        let nodes = order.map { position in
            Node(step: pipeline.steps[position], needs: needs[position].sorted { ranks[$0] < ranks[$1] }.map { pipeline.steps[$0].name })
        }
        return (nodes, [])
    }

    private static func cycleRefusal(_ cycle: [String]) -> Refusal {
        let shown = cycle.count <= 20 ? cycle : cycle.prefix(10) + ["…"] + cycle.suffix(9)
        return Refusal(
            problem: Problem(
                .invalid, "pipelines.step.cycle", "The steps wait for each other: \(shown.joined(separator: " → ")).",
                why: "An arrow points to what a step needs, in 'needs', by a reference or by an expression.",
                fix: "Remove one of these needs."),
            step: cycle.first)
    }
}
