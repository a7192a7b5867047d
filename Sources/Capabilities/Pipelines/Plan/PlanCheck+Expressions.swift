// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

extension PlanCheck {
    mutating func check(_ fanOut: FanOut, of step: StepSpecification, _ needs: inout Set<Int>) {
        let place = Place(step: step, path: ["forEach", "in"])
        switch fanOut.items {
        case .expression(let source):
            check(source, place, &needs, isList: true, hasItem: false)
        case .binding(let binding):
            guard !binding.refersToItem else {
                refuse(place, "item.alone", "\(place.subject) refers to its own elements.", fix: "Bind a list.")
                return
            }
            guard checkReferences(of: binding, place, &needs) else { return }
            let type = type(of: binding)
            switch type {
            case .value(nil), .value(.list), .unknown: break
            default:
                refuse(
                    place, "binding.type", "\(place.subject) is \(type.noun).", why: "It takes a list.",
                    fix: "Bind a parameter of type list, an output of type value, or write a list.")
            }
            if case .value(.array(let elements)) = binding, elements.count > FanOut.maximumItems {
                refuse(
                    place, "forEach.tooMany", "\(place.subject) has \(elements.count) elements.",
                    why: "At most \(FanOut.maximumItems) are taken.", fix: "Give each element more to do.")
            }
        }
    }

    mutating func check(condition source: String, of step: StepSpecification, _ needs: inout Set<Int>) {
        check(source, Place(step: step, path: ["when"]), &needs, isList: false, hasItem: step.forEach != nil)
    }

    private mutating func check(_ source: String, _ place: Place, _ needs: inout Set<Int>, isList: Bool, hasItem: Bool) {
        do throws(Problem) {
            let uses = try StepExpressions.uses(in: source)
            let before = refusals.count
            for reference in try StepExpressions.references(of: uses, in: source) {
                guard let position = find(reference.step, place, at: place.path) else { continue }
                needs.insert(position)
                check(reference, to: pipeline.steps[position], place)
            }
            if refusals.count == before { try expressions.check(source, uses, isList: isList, hasItem: hasItem) }
        } catch {
            refuse(place, error, saying: place.subject)
        }
    }

    private mutating func check(_ reference: StepReference, to producer: StepSpecification, _ place: Place) {
        guard let member = reference.member else { return }
        guard ["state", "outputs"].contains(member) else {
            refuse(
                place, "expression.member", "\(place.subject) speaks of '\(member.printable)' of step '\(producer.name)'.",
                why: "A step has 'state' and 'outputs'.",
                fix: outputNames(of: producer)?.contains(member) == true
                    ? "Write 'steps.\(producer.name).outputs.\(member)'."
                    : DocumentNode.suggestion(for: member, among: ["state", "outputs"]) ?? "Write 'state' or 'outputs.NAME'.")
            return
        }
        guard let output = reference.output else { return }
        let before = refusals.count
        checkOutput(output, of: producer, place)
        let type = outputType(output, of: producer)
        guard refusals.count == before, !type.isValue else { return }
        refuse(
            place, "output.mismatch", "\(place.subject) speaks of the output '\(output)' of '\(producer.name)', which is \(type.noun).",
            why: "Expressions know values only.",
            fix: "Declare it 'type: value' if it is a small JSON document; else let a step read it and leave a value.")
    }

    private mutating func refuse(_ place: Place, _ problem: Problem, saying subject: String) {
        var problem = problem
        problem.what = "\(subject): \(problem.what)"
        refuse(place, problem)
    }
}
