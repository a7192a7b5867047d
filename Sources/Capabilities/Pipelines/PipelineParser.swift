// SPDX-License-Identifier: Apache-2.0

import Documents
package import Domain

/// Reads a pipeline from its YAML document (`apiVersion: dhow/v1`, `kind: Pipeline`); README.md shows one.
///
/// At most 1 MiB, 32 levels and 1,000 steps, no anchors. Every refusal names the line and the fix.
package enum PipelineParser {
    /// - Throws: `Problem` `.invalid`, or `.tooLarge` for a document beyond 1 MiB.
    package static func parse(_ text: String) throws(Problem) -> PipelineSpecification {
        let root = try DocumentNode.root(of: text)
        let fields = try root.members(["apiVersion", "kind", "metadata", "spec"])
        try require(fields["apiVersion"], in: root, "apiVersion", PipelineSpecification.apiVersion)
        try require(fields["kind"], in: root, "kind", "Pipeline")
        guard let metadata = try fields["metadata"]?.members(["name"]), let name = metadata["name"] else {
            throw root.missing("metadata.name", fix: "Add 'metadata: {name: …}'.")
        }
        guard let specification = fields["spec"] else { throw root.missing("spec", fix: "Add 'spec:' with 'steps:'.") }
        let members = try specification.named("'spec'").members(["parameters", "steps"])
        guard let stepNodes = try members["steps"]?.elements(), !stepNodes.isEmpty else {
            throw specification.named("'spec'").missing("steps", fix: "List at least one step with a 'name' and a 'command'.")
        }
        guard stepNodes.count <= PipelineSpecification.maximumSteps else {
            throw specification.problem(
                "step.tooMany", "The pipeline has \(stepNodes.count) steps.",
                why: "At most \(PipelineSpecification.maximumSteps) are taken.",
                fix: "Split the pipeline.")
        }
        var lines: [String: Int] = [:]
        var steps: [StepSpecification] = []
        for node in stepNodes {
            let step = try StepParser.parse(node)
            if let first = lines.updateValue(node.line, forKey: step.name) {
                throw node.problem(
                    "step.duplicate", "There is a step '\(step.name)' already, in line \(first).", fix: "Rename one of them.")
            }
            steps.append(step)
        }
        let pipeline = PipelineSpecification(
            name: try name.named("'metadata.name'").name(of: "pipeline"), parameters: try parameters(members["parameters"]), steps: steps)
        do {
            _ = try ExecutionPlan(pipeline)
        } catch let refusal {
            // The plan knows steps, the document knows lines.
            var problem = refusal.problem
            if let line = refusal.step.flatMap({ lines[$0] }) { problem.what = "Line \(line): \(problem.what)" }
            throw problem
        }
        return pipeline
    }

    private static func require(_ node: DocumentNode?, in root: DocumentNode, _ field: String, _ wanted: String) throws(Problem) {
        guard let node else { throw root.missing(field, fix: "Add '\(field): \(wanted)'.") }
        let found = try node.text()
        guard found == wanted else {
            throw node.problem(
                "\(field.lowercased()).unknown", "The '\(field)' is '\(found.printable)'.", why: "Only '\(wanted)' is read here.",
                fix: "Write '\(field): \(wanted)'.")
        }
    }

    private static func parameters(_ node: DocumentNode?) throws(Problem) -> [ParameterSpecification] {
        guard let node = node?.named("'parameters'") else { return [] }
        let elements = try node.elements()
        guard elements.count <= PipelineSpecification.maximumParameters else {
            throw node.problem(
                "parameter.tooMany", "There are more than \(PipelineSpecification.maximumParameters) parameters.", fix: "Pass a file.")
        }
        var parameters: [ParameterSpecification] = []
        var variables: Set<String> = []
        for element in elements {
            let element = element.named("a parameter")
            let fields = try element.members(["name", "type", "default"])
            guard let nameNode = fields["name"] else { throw element.missing("name", fix: "Add 'name: …'.") }
            let name = try nameNode.name(of: "parameter")
            guard variables.insert(CommandContract.variablePart(name)).inserted else {
                throw element.problem(
                    "parameter.duplicate", "There is already a parameter like '\(name)'.",
                    why: "Names must differ in more than case and punctuation, because they become variables.", fix: "Rename one of them.")
            }
            let type = try fields["type"].map { node throws(Problem) in try choice(node, ParameterSpecification.ValueType.self) } ?? .string
            let value = try fields["default"].map { node throws(Problem) in try node.value() }
            if let value, !type.accepts(value), let place = fields["default"] {
                throw place.problem(
                    "parameter.mismatch", "The default of parameter '\(name)' is not of its type, \(type.rawValue).",
                    fix: type == .string ? "Put it in quotes." : "Change the default or the type.")
            }
            parameters.append(ParameterSpecification(name: name, type: type, defaultValue: value))
        }
        return parameters
    }

    /// One of the words of `Choice`.
    static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ node: DocumentNode, _ type: Choice.Type
    ) throws(Problem) -> Choice {
        let text = try node.text()
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue)
            throw node.problem(
                "field.unknownValue", "\(node.subject) is '\(text.printable)'.", why: "It is one of \(known.joined(separator: ", ")).",
                fix: DocumentNode.suggestion(for: text, among: known) ?? "Choose one of these.")
        }
        return choice
    }
}
