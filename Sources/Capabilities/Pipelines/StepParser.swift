// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads one element of `spec.steps`.
enum StepParser {
    private static let commonFields = ["name", "kind", "needs", "retries", "timeoutSeconds"]
    private static let commandFields = ["command", "cache", "source", "inputs", "outputs", "environment"]

    static func parse(_ node: DocumentNode) throws(Problem) -> StepSpecification {
        let anyFields = try node.named("a step").members()
        guard let nameNode = anyFields["name"] else { throw node.named("the step").missing("name", fix: "Add 'name: …'.") }
        let name = try nameNode.named("the name of a step").name(of: "step")
        let step = node.named("step '\(name)'")
        let kind =
            try anyFields["kind"].map { node throws(Problem) in
                try PipelineParser.choice(node.named("The kind of step '\(name)'"), StepSpecification.Kind.self)
            } ?? .command
        let fields = try step.members(commonFields + (kind == .command ? commandFields : ["with"]))

        var specification = StepSpecification(name: name, kind: kind)
        specification.needs = try fields["needs"].map { node throws(Problem) in try texts(node) } ?? []
        if let retries = fields["retries"] { specification.retries = try retries.integer(in: 0...StepSpecification.maximumRetries) }
        specification.timeoutSeconds = try fields["timeoutSeconds"].map { node throws(Problem) in
            try node.integer(in: 1...StepSpecification.maximumTimeoutSeconds)
        }
        guard kind == .command else {
            guard let with = fields["with"] else { throw step.missing("with", fix: "Add 'with:' with what the \(kind.rawValue) works on.") }
            for (name, member) in try with.members() { specification.with[name] = try BindingParser.any(member) }
            return specification
        }
        guard let command = fields["command"] else {
            throw step.missing("command", fix: "Add 'command: [\"python3\", \"train.py\"]', or a 'kind'.")
        }
        specification.command = try texts(command)
        guard specification.command.first?.isEmpty == false else {
            throw command.problem("command.empty", "The command of step '\(name)' is empty.", fix: "List a program and its arguments.")
        }
        specification.isCacheable = try fields["cache"]?.boolean() ?? true
        for element in try fields["source"]?.elements() ?? [] {
            let text = try element.text()
            do {
                specification.source.append(try SourcePattern(text))
            } catch {
                throw element.problem("source.malformed", error.what, why: error.why, fix: error.fix)
            }
        }
        for (input, member) in try named(fields["inputs"], "input") { specification.inputs[input] = try BindingParser.reference(member) }
        for (output, member) in try named(fields["outputs"], "output") { specification.outputs[output] = try self.output(member) }
        specification.environment = try environment(fields["environment"])
        return specification
    }

    private static func texts(_ node: DocumentNode) throws(Problem) -> [String] {
        var texts: [String] = []
        for element in try node.elements() { texts.append(try element.scalarText()) }
        return texts
    }

    /// A mapping whose keys are names that stay different as variables.
    private static func named(_ node: DocumentNode?, _ noun: String) throws(Problem) -> [String: DocumentNode] {
        guard let node else { return [:] }
        let members = try node.members()
        var variables: [String: String] = [:]
        for (name, member) in members {
            do {
                try ResourceName.check(name, of: noun)
            } catch {
                throw member.problem("name.malformed", error.what, why: error.why, fix: error.fix)
            }
            if let other = variables.updateValue(name, forKey: CommandContract.variablePart(name)) {
                throw node.problem(
                    "\(noun).duplicate",
                    "The \(noun)s \([name, other].sorted().map { "'\($0)'" }.joined(separator: " and ")) are too alike.",
                    why: "Both would be \(CommandContract.variablePart(name)) in the step's environment.", fix: "Rename one of them.")
            }
        }
        return members
    }

    private static func output(_ node: DocumentNode) throws(Problem) -> OutputSpecification {
        let fields = try node.members(["path"])
        guard let pathNode = fields["path"] else { throw node.missing("path", fix: "Write '{path: model.onnx}'.") }
        let path = try pathNode.text()
        let inputs = CommandContract.inputFolder
        guard RelativePath.isContained(path), path != inputs, !path.hasPrefix(inputs + "/") else {
            throw pathNode.problem(
                "output.malformed", "'\(path.printable)' cannot be an output.",
                why: "An output is a path beneath the step's working folder and outside of '\(inputs)'.",
                fix: "Write it relative to the folder, such as 'model.onnx'.")
        }
        return OutputSpecification(path: path)
    }

    private static func environment(_ node: DocumentNode?) throws(Problem) -> [String: Binding] {
        var environment: [String: Binding] = [:]
        for (name, member) in try node?.members() ?? [:] {
            let isName = CommandContract.variablePart(name) == name.uppercased()
            guard let first = name.utf8.first, isName, !(48...57).contains(first), !name.hasPrefix(CommandContract.reservedPrefix),
                !name.hasPrefix("__dhow")
            else {
                throw member.problem(
                    "environment.malformed", "'\(name.printable)' cannot be set in the environment of a step.",
                    why: "Names are letters, digits and '_', do not begin with a digit, and '\(CommandContract.reservedPrefix)' is ours.",
                    fix: "Rename the variable.")
            }
            if !member.isMapping {
                environment[name] = .value(.string(try member.scalarText()))
            } else {
                let binding = try BindingParser.reference(member)
                guard case .parameter = binding else {
                    throw member.problem(
                        "environment.mismatch", "The variable '\(name)' is neither text nor a parameter.",
                        fix: "Bind files and snapshots under 'inputs'; the step finds their paths in DHOW_INPUT_… variables.")
                }
                environment[name] = binding
            }
        }
        return environment
    }
}
