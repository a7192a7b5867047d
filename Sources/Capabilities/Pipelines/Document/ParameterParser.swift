// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads `spec.parameters`.
struct ParameterParser {
    static let maximumChoices = 100
    static let maximumDescription = 1000

    let problems: DocumentProblems

    func parse(_ node: DocumentNode?) -> [ParameterSpecification] {
        guard let node = node?.named("'parameters'"), let elements = problems.attempt({ () throws(Problem) in try node.elements() }) else {
            return []
        }
        guard elements.count <= PipelineSpecification.maximumParameters else {
            problems.add(
                node.problem(
                    "parameter.tooMany", "There are more than \(PipelineSpecification.maximumParameters) parameters.", fix: "Pass a file."))
            return []
        }
        var parameters: [ParameterSpecification] = []
        var variables: Set<String> = []
        for element in elements where !problems.isFull {
            guard let parameter = parse(parameter: element.named("a parameter")) else { continue }
            if variables.insert(CommandContract.variablePart(parameter.name)).inserted {
                parameters.append(parameter)
            } else {
                problems.add(
                    element.problem(
                        "parameter.duplicate", "There is already a parameter like '\(parameter.name)'.",
                        why: "Names must differ in more than case and punctuation, because they become variables.",
                        fix: "Rename one of them."))
            }
        }
        return parameters
    }

    private func parse(parameter element: DocumentNode) -> ParameterSpecification? {
        guard let fields = element.fields(["name", "type", "default", "choices", "description"], problems),
            let nameNode = fields.required("name", fix: "Add 'name: …'.", problems),
            let name = problems.attempt({ () throws(Problem) in try nameNode.name(of: "parameter") }),
            let type = problems.attempt({ () throws(Problem) in
                try fields["type"].map { node throws(Problem) in
                    try PipelineParser.choice(node.named("the type of parameter '\(name)'"), ParameterSpecification.ValueType.self)
                } ?? .string
            })
        else { return nil }
        var parameter = ParameterSpecification(name: name, type: type)
        if let node = fields["choices"] {
            parameter.choices = problems.attempt { () throws(Problem) in try choices(node, parameter) }
        }
        problems.attempt { () throws(Problem) in
            if let node = fields["default"] { parameter.defaultValue = try defaultValue(node, parameter) }
        }
        problems.attempt { () throws(Problem) in
            guard let node = fields["description"] else { return }
            let text = try node.text()
            guard text.count <= Self.maximumDescription else {
                throw node.wrongType("a text of at most \(Self.maximumDescription) characters")
            }
            parameter.description = text
        }
        return parameter
    }

    private func defaultValue(_ node: DocumentNode, _ parameter: ParameterSpecification) throws(Problem) -> JSONValue {
        let value = try node.value()
        guard parameter.type.accepts(value) else {
            throw node.problem(
                "parameter.mismatch", "The default of parameter '\(parameter.name)' is not of its type, \(parameter.type.rawValue).",
                fix: parameter.type == .string ? "Put it in quotes." : "Change the default or the type.")
        }
        guard parameter.allows(value) else {
            throw node.problem(
                "parameter.choice", "The default of parameter '\(parameter.name)' is none of its choices.", fix: "Add it to 'choices'.")
        }
        return value
    }

    private func choices(_ node: DocumentNode, _ parameter: ParameterSpecification) throws(Problem) -> [JSONValue] {
        let elements = try node.elements()
        guard (1...Self.maximumChoices).contains(elements.count) else {
            throw node.wrongType("a list of 1 to \(Self.maximumChoices) values")
        }
        var choices: [JSONValue] = []
        for element in elements {
            let value = try element.value()
            guard parameter.type.accepts(value) else {
                throw element.problem(
                    "parameter.mismatch", "A choice of parameter '\(parameter.name)' is not of its type, \(parameter.type.rawValue).",
                    fix: parameter.type == .string ? "Put it in quotes." : "Change the choice or the type.")
            }
            guard !choices.contains(value) else {
                throw element.problem("parameter.choice", "A choice of parameter '\(parameter.name)' stands twice.", fix: "Remove one.")
            }
            choices.append(value)
        }
        return choices
    }
}
