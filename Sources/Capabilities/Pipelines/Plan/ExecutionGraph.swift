// SPDX-License-Identifier: Apache-2.0

/// What a plan says of its steps that an execution's state needs: computed once, never changed.
struct ExecutionGraph: Sendable, Equatable {
    struct Node: Sendable, Equatable {
        let name: String
        let kind: StepSpecification.Kind
        let retries: Int
        let policy: RetryPolicy
        let rule: RunRule
        let fanOutLimit: Int?
        let needs: Int
        /// Asked of the step itself.
        let questions: StepProgress.Questions
        /// Asked of each element's run.
        let itemQuestions: StepProgress.Questions
    }

    struct Edge: Sendable, Equatable {
        let dependent: Int
        /// The dependent uses an output, and so cannot run when there is none.
        let isBinding: Bool
    }

    let nodes: [Node]
    /// By node, those that need it.
    let dependents: [[Edge]]
    let positions: [String: Int]

    /// - Parameter asksAll: Whether earlier results may stand for steps of every kind: in an execution that goes on from another.
    init(_ plan: ExecutionPlan, asksAll: Bool) {
        let positions = Dictionary(plan.nodes.enumerated().map { ($1.step.name, $0) }, uniquingKeysWith: { first, _ in first })
        var dependents = [[Edge]](repeating: [], count: plan.nodes.count)
        nodes = plan.nodes.enumerated().map { position, node in
            let step = node.step
            let bound = Set(step.bindings.flatMap { $0.binding.outputs.map(\.step) })
            for need in node.needs {
                if let needed = positions[need] {
                    dependents[needed].append(Edge(dependent: position, isBinding: bound.contains(need)))
                }
            }
            let cache: StepProgress.Questions = step.isCacheable || asksAll ? .cache : []
            let condition: StepProgress.Questions = step.condition == nil ? [] : .condition
            return Node(
                name: step.name, kind: step.kind, retries: step.retries, policy: step.retryPolicy, rule: step.runs,
                fanOutLimit: step.forEach?.limit, needs: node.needs.count,
                questions: condition.union(step.forEach == nil ? cache : .items), itemQuestions: cache)
        }
        self.dependents = dependents
        self.positions = positions
    }
}
