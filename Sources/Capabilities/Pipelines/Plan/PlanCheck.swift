// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Checks the references of a pipeline, and finds what each step needs.
///
/// `PlanCheck+Types` says what may be bound where, `PlanCheck+Expressions` looks at conditions and lists.
struct PlanCheck {
    /// Where a reference stands.
    struct Place {
        /// Nil for the pipeline's own outputs.
        var step: StepSpecification?
        var path: [String]

        /// "'inputs.data' of step 'train'".
        var subject: String {
            "'\(path.joined(separator: ".").printable)'" + (step.map { " of step '\($0.name)'" } ?? " of the pipeline")
        }
    }

    let pipeline: PipelineSpecification
    let called: [String: PipelineSpecification]
    let positions: [String: Int]
    let parameters: [String: ParameterSpecification]
    let expressions: StepExpressions
    private(set) var refusals: [ExecutionPlan.Refusal] = []

    init(_ pipeline: PipelineSpecification, calling called: [String: PipelineSpecification]) {
        self.pipeline = pipeline
        self.called = called
        positions = Dictionary(pipeline.steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        parameters = Dictionary(pipeline.parameters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        expressions = StepExpressions(parameters: pipeline.parameters)
    }

    /// Places of the steps that a step needs, ascending, each once.
    mutating func needs(ofStepAt position: Int) -> [Int] {
        let step = pipeline.steps[position]
        if positions[step.name] != position {
            refuse(Place(step: step, path: []), "step.duplicate", "There are two steps '\(step.name)'.", fix: "Rename one of them.")
        }
        var needs: Set<Int> = []
        for (index, name) in step.needs.enumerated() {
            if let need = find(name, Place(step: step, path: ["needs"]), at: ["needs", String(index)]) { needs.insert(need) }
        }
        for (group, members) in [("inputs", step.inputs), ("environment", step.environment), ("with", step.with)] {
            for (name, binding) in members.sorted(by: { $0.key < $1.key }) {
                let place = Place(step: step, path: [group, name])
                if checkReferences(of: binding, place, &needs) { checkType(of: binding, group, name, place) }
            }
        }
        if let fanOut = step.forEach { check(fanOut, of: step, &needs) }
        if let condition = step.condition { check(condition: condition, of: step, &needs) }
        if step.kind == .pipeline { checkCall(step) }
        if step.runs == .afterFailure, needs.isEmpty {
            refuse(
                Place(step: step, path: ["runs"]), "runs.alone", "Step '\(step.name)' runs after a failure, and needs no step.",
                fix: "Name in 'needs' the steps whose failure it is for.")
        }
        return needs.sorted()
    }

    /// What the pipeline gives to those that call it.
    mutating func checkOutputs() {
        for (name, binding) in pipeline.outputs.sorted(by: { $0.key < $1.key }) {
            var needs: Set<Int> = []
            _ = checkReferences(of: binding, Place(step: nil, path: ["outputs", name]), &needs)
        }
    }

    /// Whether everything that a reference names is there.
    mutating func checkReferences(of binding: Binding, _ place: Place, _ needs: inout Set<Int>) -> Bool {
        let before = refusals.count
        if let unknown = binding.parameters.first(where: { parameters[$0] == nil }) {
            refuse(
                place, "parameter.unknown", "\(place.subject) refers to the parameter '\(unknown.printable)'.",
                why: "The pipeline has no such parameter.",
                fix: DocumentNode.suggestion(for: unknown, among: parameters.keys.sorted()) ?? "Add it to 'spec.parameters'.")
        } else if let wrong = binding.snapshotParameters.first(where: { ![.snapshot, .string].contains(parameters[$0]?.type) }) {
            refuse(
                place, "parameter.mismatch", "\(place.subject) takes a snapshot from the parameter '\(wrong)'.",
                why: "Its type is \(parameters[wrong]?.type.rawValue ?? "unknown").", fix: "Give the parameter the type snapshot.")
        }
        for (name, output) in binding.outputs {
            guard let position = find(name, place, at: place.path) else { continue }
            needs.insert(position)
            checkOutput(output, of: pipeline.steps[position], place)
        }
        if binding.refersToItem, place.step?.forEach == nil {
            refuse(
                place, "item.alone", "\(place.subject) refers to the element of a list, and there is no list.",
                fix: place.step == nil ? "Refer to a step's output." : "Add 'forEach: {in: …}' to the step.")
        }
        return refusals.count == before
    }

    /// Refuses an output that a step does not have.
    mutating func checkOutput(_ output: String, of producer: StepSpecification, _ place: Place) {
        guard let known = outputNames(of: producer), !known.contains(output) else { return }
        refuse(
            place, "output.unknown", "\(place.subject) refers to the output '\(output.printable)' of '\(producer.name)'.",
            why: known.isEmpty ? "That step has no outputs." : "Its outputs are \(known.joined(separator: ", ")).",
            fix: DocumentNode.suggestion(for: output, among: known)
                ?? (producer.kind == .pipeline
                    ? "Add it to 'spec.outputs' of that pipeline." : "Add it to 'outputs' of step '\(producer.name)'."))
    }

    /// The place of a step; nil, and it is refused, when there is none of the name.
    mutating func find(_ name: String, _ place: Place, at path: [String]) -> Int? {
        if let position = positions[name] { return position }
        var there = place
        there.path = path
        refuse(
            there, "step.unknown", "\(place.subject) refers to the step '\(name.printable)'.", why: "The pipeline has no such step.",
            fix: DocumentNode.suggestion(for: name, among: positions.keys.sorted()) ?? "Name a step of this pipeline.")
        return nil
    }

    mutating func refuse(_ place: Place, _ reason: String, _ what: String, why: String? = nil, fix: String) {
        refuse(place, Problem(.invalid, "pipelines.\(reason)", what, why: why, fix: fix))
    }

    mutating func refuse(_ place: Place, _ problem: Problem) {
        refusals.append(ExecutionPlan.Refusal(problem: problem, step: place.step?.name, path: place.path))
    }
}
