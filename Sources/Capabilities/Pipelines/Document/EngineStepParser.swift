// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads `with` of the engine's own kinds of steps.
struct EngineStepParser {
    let problems: DocumentProblems

    func parse(_ fields: DocumentFields, into step: inout StepSpecification) {
        let kind = step.kind
        guard let with = fields.required("with", fix: "Add 'with:' with what the \(kind.rawValue) works on.", problems) else { return }
        let known = StepField.of(kind)
        guard let members = with.fields(known.map(\.name), problems) else { return }
        for field in known {
            guard let member = members[field.name] else {
                if field.isRequired { _ = members.required(field.name, fix: "Add '\(field.name):'. \(field.description)", problems) }
                continue
            }
            step.with[field.name] = problems.attempt { () throws(Problem) in try binding(field, member) }
        }
    }

    private func binding(_ field: StepField, _ node: DocumentNode) throws(Problem) -> Binding {
        switch field.content {
        case .name: return .value(.string(try node.name(of: field.name)))
        case .parameters:
            // Read by name: a parameter may be named as the fields of references are.
            var members: [String: Binding] = [:]
            for (name, member) in try node.members() { members[name] = try BindingParser.any(member) }
            return .mapping(members)
        default: return try BindingParser.any(node)
        }
    }
}
