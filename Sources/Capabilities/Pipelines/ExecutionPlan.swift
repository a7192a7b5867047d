// SPDX-License-Identifier: Apache-2.0

import Documents
package import Domain

/// A checked pipeline in an order in which its steps can run: every step after all it needs, else as in the document.
package struct ExecutionPlan: Sendable, Codable, Equatable {
    package struct Node: Sendable, Codable, Equatable {
        package var step: StepSpecification
        /// Names of all steps it needs, explicit and by binding, in the plan's order.
        package var needs: [String]
    }

    /// A refusal and the step it is about, nil when it is about the pipeline.
    package struct Refusal: Error, Sendable, Equatable {
        package var problem: Problem
        package var step: String?
    }

    package let nodes: [Node]

    package init(_ pipeline: PipelineSpecification) throws(Refusal) {
        var positions: [String: Int] = [:]
        for (position, step) in pipeline.steps.enumerated() {
            if positions.updateValue(position, forKey: step.name) != nil {
                throw Self.refusal(step, "step.duplicate", "There are two steps '\(step.name)'.", fix: "Rename one of them.")
            }
        }
        let parameters = Dictionary(pipeline.parameters.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        var needs: [Set<Int>] = []
        for step in pipeline.steps {
            try Self.checkParameters(of: step, parameters)
            needs.append(try Self.needs(of: step, positions, pipeline.steps))
        }
        let order = try Self.order(needs, pipeline.steps)
        let ranks = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        nodes = order.map { position in
            let sorted = needs[position].sorted { (ranks[$0] ?? 0) < (ranks[$1] ?? 0) }
            return Node(step: pipeline.steps[position], needs: sorted.map { pipeline.steps[$0].name })
        }
    }

    private static func checkParameters(of step: StepSpecification, _ types: [String: ParameterSpecification.ValueType]) throws(Refusal) {
        for (field, binding) in step.bindings {
            if let unknown = binding.parameters.first(where: { types[$0] == nil }) {
                throw refusal(
                    step, "parameter.unknown", "'\(field)' of step '\(step.name)' refers to the parameter '\(unknown.printable)'.",
                    why: "The pipeline has no such parameter.",
                    fix: DocumentNode.suggestion(for: unknown, among: types.keys.sorted()) ?? "Add it to 'spec.parameters'.")
            }
            if let wrong = binding.snapshotParameters.first(where: { types[$0] != .snapshot && types[$0] != .string }) {
                throw refusal(
                    step, "parameter.mismatch", "'\(field)' of step '\(step.name)' takes a snapshot from the parameter '\(wrong)'.",
                    why: "Its type is \(types[wrong]?.rawValue ?? "unknown").", fix: "Give the parameter the type snapshot.")
            }
        }
    }

    private static func needs(of step: StepSpecification, _ positions: [String: Int], _ steps: [StepSpecification]) throws(Refusal) -> Set<
        Int
    > {
        var needs: Set<Int> = []
        func require(_ name: String, _ field: String) throws(Refusal) -> Int {
            guard let position = positions[name] else {
                throw refusal(
                    step, "step.unknown", "'\(field)' of step '\(step.name)' refers to the step '\(name.printable)'.",
                    why: "The pipeline has no such step.",
                    fix: DocumentNode.suggestion(for: name, among: positions.keys.sorted()) ?? "Name a step of this pipeline.")
            }
            needs.insert(position)
            return position
        }
        for name in step.needs { _ = try require(name, "needs") }
        for (field, binding) in step.bindings {
            for (name, output) in binding.outputs {
                let producer = steps[try require(name, field)]
                let known = producer.outputNames
                guard known.contains(output) else {
                    throw refusal(
                        step, "output.unknown",
                        "'\(field)' of step '\(step.name)' refers to the output '\(output.printable)' of '\(name)'.",
                        why: known.isEmpty ? "That step has no outputs." : "Its outputs are \(known.joined(separator: ", ")).",
                        fix: DocumentNode.suggestion(for: output, among: known) ?? "Add it to 'outputs' of step '\(name)'.")
                }
            }
        }
        return needs
    }

    /// Kahn's algorithm, always taking the ready step that comes first in the document.
    private static func order(_ needs: [Set<Int>], _ steps: [StepSpecification]) throws(Refusal) -> [Int] {
        var unmet = needs.map(\.count)
        var dependents = [[Int]](repeating: [], count: needs.count)
        for (position, needed) in needs.enumerated() {
            for need in needed { dependents[need].append(position) }
        }
        var ready = Set(unmet.indices.filter { unmet[$0] == 0 })
        var order: [Int] = []
        while let next = ready.min() {
            ready.remove(next)
            order.append(next)
            for dependent in dependents[next] {
                unmet[dependent] -= 1
                if unmet[dependent] == 0 { ready.insert(dependent) }
            }
        }
        guard order.count == needs.count else {
            let cycle = cycle(in: needs, among: Set(unmet.indices.filter { unmet[$0] > 0 })).map { steps[$0].name }
            throw Refusal(
                problem: Problem(
                    .invalid, "pipelines.step.cycle", "The steps wait for each other: \(cycle.joined(separator: " → ")).",
                    why: "An arrow points to what a step needs, in 'needs' or by a binding.", fix: "Remove one of these needs."),
                step: cycle.first)
        }
        return order
    }

    /// A cycle as a walk that ends where it began, following needs; every one of `stuck` needs another of them.
    private static func cycle(in needs: [Set<Int>], among stuck: Set<Int>) -> [Int] {
        guard var current = stuck.min() else { return [] }
        var walk: [Int] = []
        var places: [Int: Int] = [:]
        while places[current] == nil {
            places[current] = walk.count
            walk.append(current)
            guard let next = needs[current].intersection(stuck).min() else { return walk }
            current = next
        }
        return walk[(places[current] ?? 0)...] + [current]
    }

    private static func refusal(_ step: StepSpecification, _ reason: String, _ what: String, why: String? = nil, fix: String) -> Refusal {
        Refusal(problem: Problem(.invalid, "pipelines.\(reason)", what, why: why, fix: fix), step: step.name)
    }
}
