// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads what only command steps have.
struct CommandParser {
    let problems: DocumentProblems

    func parse(_ fields: DocumentFields, into step: inout StepSpecification) {
        let command = fields.required("command", fix: "Add 'command: [\"python3\", \"train.py\"]', or a 'kind'.", problems)
        problems.attempt { () throws(Problem) in
            guard let command else { return }
            step.command = try StepParser.texts(command)
            guard step.command.first?.isEmpty == false else {
                throw command.problem(
                    "command.empty", "The command of step '\(step.name)' is empty.", fix: "List a program and its arguments.")
            }
        }
        problems.attempt { () throws(Problem) in
            if let cache = fields["cache"] { step.isCacheable = try cache.boolean() }
        }
        step.source = sources(fields["source"])
        for (name, member) in named(fields["inputs"], "input") {
            step.inputs[name] = problems.attempt { () throws(Problem) in try BindingParser.reference(member) }
        }
        for (name, member) in named(fields["outputs"], "output") {
            step.outputs[name] = OutputParser(problems: problems).parse(member)
        }
        parseVariables(fields, into: &step)
        if let resources = fields["resources"] { step.resources = ResourceParser(problems: problems).parse(resources) }
        if let runtime = fields["runtime"] { step.runtime = RuntimeParser(problems: problems).parse(runtime) }
        if let sandbox = fields["sandbox"] { step.sandbox = SandboxParser(problems: problems).parse(sandbox, with: step.runtime) }
        if let preemptions = fields["preemptions"] { RetryParser(problems: problems).preemptions(preemptions, into: &step) }
        if let outside = fields["outside"] { step.outside = self.outside(outside) }
        problems.attempt { () throws(Problem) in
            if let checkpoint = fields["checkpoint"] { step.checkpoint = try OutputParser.path(checkpoint, of: "checkpoint") }
        }
    }

    private func sources(_ node: DocumentNode?) -> [SourcePattern] {
        guard let node, let elements = problems.attempt({ () throws(Problem) in try node.elements() }) else { return [] }
        return elements.compactMap { element in
            problems.attempt { () throws(Problem) in
                let text = try element.text()
                do throws(Problem) {
                    return try SourcePattern(text)
                } catch {
                    throw element.problem("source.malformed", error.what, why: error.why, fix: error.fix)
                }
            }
        }
    }

    /// `environment` and `secrets`, which share their names.
    private func parseVariables(_ fields: DocumentFields, into step: inout StepSpecification) {
        for (name, member) in variables(fields["environment"]) {
            step.environment[name] = problems.attempt { () throws(Problem) in
                member.isMapping ? try BindingParser.reference(member) : .value(.string(try member.scalarText()))
            }
        }
        for (name, member) in variables(fields["secrets"]) {
            step.secrets[name] = problems.attempt { () throws(Problem) in
                guard step.environment[name] == nil else {
                    throw member.problem(
                        "secret.duplicate", "The variable '\(name)' is in 'environment' too.", fix: "Remove it from one of them.")
                }
                return try member.name(of: "secret")
            }
        }
    }

    private func variables(_ node: DocumentNode?) -> [(String, DocumentNode)] {
        guard let node, let members = problems.attempt({ () throws(Problem) in try node.members() }) else { return [] }
        return members.filter { name, member in
            let isName = CommandContract.variablePart(name) == name.uppercased()
            if let first = name.utf8.first, isName, !(48...57).contains(first), !name.hasPrefix(CommandContract.reservedPrefix),
                !name.hasPrefix("__dhow")
            {
                return true
            }
            problems.add(
                member.problem(
                    "environment.malformed", "'\(name.printable)' cannot be set in the environment of a step.",
                    why: "Names are letters, digits and '_', do not begin with a digit, and '\(CommandContract.reservedPrefix)' is ours.",
                    fix: "Rename the variable."))
            return false
        }.map { ($0.key, $0.value) }
    }

    private func outside(_ node: DocumentNode) -> OutsideReading? {
        guard node.isMapping else {
            return problems.attempt { () throws(Problem) in
                guard case .bool(let reads) = try node.value() else {
                    throw node.wrongType("true or a mapping", fix: "Write 'true', or '{freshFor: 1h}'.")
                }
                return reads ? OutsideReading() : nil
            } ?? nil
        }
        guard let fields = node.fields(["freshFor"], problems),
            let fresh = fields.required("freshFor", fix: "Add 'freshFor: 1h', or write 'true'.", problems)
        else { return nil }
        return problems.attempt { () throws(Problem) in
            OutsideReading(freshForSeconds: try fresh.seconds(in: 1...StepSpecification.maximumTimeoutSeconds))
        }
    }

    /// A mapping whose keys are names that stay different as variables.
    private func named(_ node: DocumentNode?, _ noun: String) -> [(String, DocumentNode)] {
        guard let node, let members = problems.attempt({ () throws(Problem) in try node.members() }) else { return [] }
        var variables: [String: String] = [:]
        var named: [(String, DocumentNode)] = []
        for (name, member) in members {
            let other = variables.updateValue(name, forKey: CommandContract.variablePart(name))
            problems.attempt { () throws(Problem) in
                do throws(Problem) {
                    try ResourceName.check(name, of: noun)
                } catch {
                    throw member.problem("name.malformed", error.what, why: error.why, fix: error.fix)
                }
                if let other {
                    throw node.problem(
                        "\(noun).duplicate",
                        "The \(noun)s \([name, other].sorted().map { "'\($0)'" }.joined(separator: " and ")) are too alike.",
                        why: "Both would be \(CommandContract.variablePart(name)) in the step's environment.", fix: "Rename one of them.")
                }
                named.append((name, member))
            }
        }
        return named
    }
}
