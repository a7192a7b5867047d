// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads one element of `spec.steps`.
struct StepParser {
    static let commonFields = [
        "name", "kind", "needs", "runs", "when", "forEach", "retries", "timeout", "timeoutSeconds",
    ]
    static let commandFields = [
        "command", "cache", "source", "inputs", "outputs", "environment", "resources", "runtime", "secrets", "outside", "preemptions",
        "checkpoint", "sandbox",
    ]

    let problems: DocumentProblems

    /// Nil when not even the name can be read; what else was refused is left out.
    func parse(_ node: DocumentNode) -> StepSpecification? {
        guard node.isMapping else {
            problems.add(node.named("a step").wrongType("a mapping"))
            return nil
        }
        guard let nameNode = node.member("name") else {
            problems.add(node.named("the step").missing("name", fix: "Add 'name: …'."))
            return nil
        }
        guard let name = problems.attempt({ () throws(Problem) in try nameNode.named("the name of a step").name(of: "step") }),
            let kind = problems.attempt({ () throws(Problem) in try self.kind(node.member("kind"), of: name) }),
            let fields = node.named("step '\(name)'").fields(
                Self.commonFields + (kind == .command ? Self.commandFields : ["with"]), problems)
        else { return nil }
        var step = StepSpecification(name: name, kind: kind)
        parseRules(fields, into: &step)
        if kind == .command {
            CommandParser(problems: problems).parse(fields, into: &step)
        } else {
            EngineStepParser(problems: problems).parse(fields, into: &step)
        }
        return step
    }

    private func kind(_ node: DocumentNode?, of name: String) throws(Problem) -> StepSpecification.Kind {
        guard let node else { return .command }
        return try PipelineParser.choice(node.named("the kind of step '\(name)'"), StepSpecification.Kind.self)
    }

    /// When, how often and how long it runs.
    private func parseRules(_ fields: DocumentFields, into step: inout StepSpecification) {
        problems.attempt { () throws(Problem) in
            if let needs = fields["needs"] { step.needs = try Self.texts(needs) }
        }
        problems.attempt { () throws(Problem) in
            if let runs = fields["runs"] { step.runs = try PipelineParser.choice(runs, RunRule.self) }
        }
        problems.attempt { () throws(Problem) in
            if let condition = fields["when"] { step.condition = try FanOutParser.expression(condition) }
        }
        if let forEach = fields["forEach"] { step.forEach = FanOutParser(problems: problems).parse(forEach) }
        if let retries = fields["retries"] { RetryParser(problems: problems).retries(retries, into: &step) }
        step.timeoutSeconds = Self.timeout(fields, problems)
    }

    /// `timeout`, or `timeoutSeconds` with a whole number.
    static func timeout(_ fields: DocumentFields, _ problems: DocumentProblems) -> Int? {
        problems.attempt { () throws(Problem) -> Int? in
            let range = 1...StepSpecification.maximumTimeoutSeconds
            switch (fields["timeout"], fields["timeoutSeconds"]) {
            case (nil, nil): return nil
            case (let timeout?, nil): return try timeout.seconds(in: range)
            case (nil, let seconds?): return try seconds.integer(in: range)
            case (_, let seconds?):
                throw seconds.problem(
                    "field.duplicate", "There is 'timeout' as well as 'timeoutSeconds'.", fix: "Remove 'timeoutSeconds'.")
            }
        } ?? nil
    }

    static func texts(_ node: DocumentNode) throws(Problem) -> [String] {
        var texts: [String] = []
        for element in try node.elements() { texts.append(try element.scalarText()) }
        return texts
    }
}
