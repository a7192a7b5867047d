// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

extension PlanCheck {
    /// Names of outputs; nil for a pipeline that is not known here.
    func outputNames(of producer: StepSpecification) -> [String]? {
        guard producer.kind == .pipeline else { return producer.outputNames }
        guard let name = producer.calledPipeline, let known = called[name] else { return nil }
        return producer.outputNames + known.outputs.keys.sorted()
    }

    /// What a reference gives; all it names is there.
    func type(of binding: Binding) -> BoundType {
        switch binding {
        case .parameter(let name): .value(parameters[name]?.type)
        case .snapshot: .snapshot
        case .model: .alias
        case .output(let step, let name): positions[step].map { outputType(name, of: pipeline.steps[$0]) } ?? .unknown
        case .value(let value): .value(ParameterSpecification.ValueType.allCases.first { $0.accepts(value) })
        case .item: .value(nil)
        case .mapping: .value(.mapping)
        case .list: .value(.list)
        }
    }

    func outputType(_ name: String, of producer: StepSpecification) -> BoundType {
        let single: BoundType
        switch producer.kind {
        case .command: single = producer.outputs[name].map { BoundType($0.type) } ?? .unknown
        case .register: single = .value(name == "version" ? .integer : .string)
        case .gate, .approval, .release, .notify, .baseline: single = .value(.string)
        case .pipeline:
            if name == "execution" {
                single = .value(.string)
            } else if let target = producer.calledPipeline.flatMap({ called[$0] }), let binding = target.outputs[name] {
                // What that pipeline calls in turn is not looked into.
                single = PlanCheck(target, calling: [:]).type(of: binding)
            } else {
                single = .unknown
            }
        }
        return producer.forEach == nil ? single : single.ofAllRuns
    }

    mutating func checkType(of binding: Binding, _ group: String, _ name: String, _ place: Place) {
        guard let step = place.step else { return }
        switch group {
        case "environment":
            let type = type(of: binding)
            guard !type.isValue else { return }
            refuse(
                place, "environment.mismatch", "The variable '\(name)' of step '\(step.name)' is bound to \(type.noun).",
                why: "A variable holds a value.",
                fix: type == .either || type == .file
                    ? "Declare the output 'type: value' if it is a small JSON document, else bind it under 'inputs': "
                        + "its path is in a DHOW_INPUT_… variable."
                    : "Bind it under 'inputs': its path is in a DHOW_INPUT_… variable.")
        case "with":
            guard let field = StepField.of(step.kind).first(where: { $0.name == name }) else { return }
            check(binding, as: field, place)
        default: break
        }
    }

    private mutating func check(_ binding: Binding, as field: StepField, _ place: Place) {
        let type = type(of: binding)
        let wanted: String
        switch field.content {
        case .name: return
        case .parameters, .data:
            guard let wrong = firstFile(in: binding) else { return }
            refuse(
                place, "binding.type", "\(place.subject) holds \(wrong.noun).", why: "Values are wanted there.",
                fix: "Declare the output 'type: value', or leave it out.")
            return
        case .text:
            switch type {
            case .value(.list), .value(.mapping): break
            case .value, .file, .either, .unknown: return
            default: break
            }
            wanted = "a text or number, or a small file with one"
        case .artifact:
            switch type {
            case .file, .folder, .either, .model, .unknown: return
            default: break
            }
            wanted = "a file, folder or model that a step left"
        case .file:
            switch type {
            case .file, .either, .unknown: return
            default: break
            }
            wanted = "a file that a step left"
        case .document:
            switch type {
            case .file, .either, .unknown, .value(nil), .value(.mapping): return
            default: break
            }
            wanted = "a file or value that a step left"
        case .alias:
            if type == .alias { return }
            wanted = "a model's alias, {model: …, alias: …}"
        }
        refuse(place, "binding.type", "\(place.subject) is \(type.noun).", why: "It takes \(wanted).", fix: "Bind \(wanted).")
    }

    /// What is no value in a structure of values.
    private func firstFile(in binding: Binding) -> BoundType? {
        switch binding {
        case .mapping(let members): return members.sorted { $0.key < $1.key }.lazy.compactMap { firstFile(in: $0.value) }.first
        case .list(let elements): return elements.lazy.compactMap { firstFile(in: $0) }.first
        default:
            let type = type(of: binding)
            return type.isValue ? nil : type
        }
    }

    /// A call of another pipeline, as far as that is known.
    mutating func checkCall(_ step: StepSpecification) {
        guard let name = step.calledPipeline else { return }
        if let circle = circle(through: name) {
            refuse(
                Place(step: step, path: ["with", "pipeline"]), "pipeline.recursive",
                "The pipelines call each other: \(circle.joined(separator: " → ")).", fix: "Remove one of these calls.")
            return
        }
        guard let target = called[name] else { return }
        var given: [String: Binding] = [:]
        if case .mapping(let members) = step.with["parameters"] { given = members }
        for (parameter, binding) in given.sorted(by: { $0.key < $1.key }) {
            let place = Place(step: step, path: ["with", "parameters", parameter])
            guard let specification = target.parameters.first(where: { $0.name == parameter }) else {
                refuse(
                    place, "parameter.unknown", "Pipeline '\(name)' has no parameter '\(parameter.printable)'.",
                    fix: DocumentNode.suggestion(for: parameter, among: target.parameters.map(\.name)) ?? "Leave it out.")
                continue
            }
            var fits = type(of: binding).fits(specification.type)
            if case .value(let value) = binding { fits = specification.type.accepts(value) && specification.allows(value) }
            guard !fits else { continue }
            refuse(
                place, "parameter.mismatch", "\(place.subject) is \(type(of: binding).noun).",
                why: "Parameter '\(parameter)' of pipeline '\(name)' is of type \(specification.type.rawValue)"
                    + (specification.choices == nil ? "." : " and has choices."), fix: "Give a value of that type.")
        }
        for parameter in target.parameters where parameter.defaultValue == nil && given[parameter.name] == nil {
            refuse(
                Place(step: step, path: ["with"]), "parameter.missing", "Parameter '\(parameter.name)' of pipeline '\(name)' has no value.",
                why: "It has no default.", fix: "Add it to 'with.parameters' of step '\(step.name)'.")
        }
    }

    /// A walk from this pipeline over calls back to it; nil when there is none.
    private func circle(through first: String) -> [String]? {
        var seen: Set<String> = []
        var open: [[String]] = [[pipeline.name, first]]
        while let walk = open.popLast() {
            guard let last = walk.last else { continue }
            if last == pipeline.name { return walk }
            guard seen.insert(last).inserted, let steps = called[last]?.steps else { continue }
            open += steps.compactMap(\.calledPipeline).map { walk + [$0] }
        }
        return nil
    }
}
