// SPDX-License-Identifier: Apache-2.0

import Documents
package import Domain

/// Reads a pipeline from its YAML document (`apiVersion: dhow/v1`, `kind: Pipeline`); docs/pipelines.md says what may stand in one.
///
/// At most 8 MiB, 32 levels and 10,000 steps, no anchors. Every refusal names line, column and the fix.
package struct PipelineParser {
    private let problems = DocumentProblems()

    /// - Parameter called: Pipelines that steps of kind pipeline call, by name, as far as they are known; their parameters and outputs
    ///   are then checked.
    /// - Throws: `Problem` `.invalid`, the first in the document, or `.tooLarge` for a document beyond 8 MiB.
    package static func parse(_ text: String, calling called: [String: PipelineSpecification] = [:]) throws(Problem)
        -> PipelineSpecification
    {
        let parser = PipelineParser()
        let pipeline = parser.read(text, calling: called)
        if let first = parser.problems.sorted.first { throw first }
        guard let pipeline else { throw Problem(.internal, "pipelines.document.unread", "The document was neither read nor refused.") }
        return pipeline
    }

    /// Everything that is wrong with a document, in its order; at most 20 problems. References between steps are looked at when the
    /// steps themselves can be read.
    package static func check(_ text: String, calling called: [String: PipelineSpecification] = [:]) -> [Problem] {
        let parser = PipelineParser()
        _ = parser.read(text, calling: called)
        return parser.problems.sorted
    }

    private func read(_ text: String, calling called: [String: PipelineSpecification]) -> PipelineSpecification? {
        guard let root = problems.attempt({ () throws(Problem) in try DocumentNode.root(of: text) }),
            let fields = root.fields(["apiVersion", "kind", "metadata", "spec"], problems)
        else { return nil }
        require(fields, "apiVersion", PipelineSpecification.apiVersion)
        require(fields, "kind", "Pipeline")
        let name = name(fields)
        guard let specification = fields.required("spec", fix: "Add 'spec:' with 'steps:'.", problems)?.named("'spec'"),
            let members = specification.fields(["parameters", "steps", "timeout", "timeoutSeconds", "concurrency", "outputs"], problems)
        else { return nil }
        let parameters = ParameterParser(problems: problems).parse(members["parameters"])
        let (steps, nodes) = steps(members)
        var pipeline = PipelineSpecification(name: name ?? "", parameters: parameters, steps: steps)
        pipeline.timeoutSeconds = StepParser.timeout(members, problems)
        pipeline.concurrency = members["concurrency"].flatMap { concurrency($0) }
        for (output, node) in outputs(members["outputs"]) {
            pipeline.outputs[output] = problems.attempt { () throws(Problem) in try BindingParser.reference(node) }
        }
        guard problems.isEmpty else { return nil }
        for refusal in ExecutionPlan.refusals(of: pipeline, calling: called, atMost: DocumentProblems.maximum) {
            // The plan knows steps, the document knows places.
            let place = (refusal.step.flatMap { nodes[$0] } ?? specification).located(refusal.path)
            var problem = refusal.problem
            problem.what = place.place.text + problem.what
            problems.add(problem)
        }
        return problems.isEmpty ? pipeline : nil
    }

    private func require(_ fields: DocumentFields, _ field: String, _ wanted: String) {
        guard let node = fields.required(field, fix: "Add '\(field): \(wanted)'.", problems) else { return }
        problems.attempt { () throws(Problem) in
            let found = try node.text()
            guard found == wanted else {
                throw node.problem(
                    "\(field.lowercased()).unknown", "The '\(field)' is '\(found.printable)'.", why: "Only '\(wanted)' is read here.",
                    fix: "Write '\(field): \(wanted)'.")
            }
        }
    }

    private func name(_ fields: DocumentFields) -> String? {
        let fix = "Add 'metadata: {name: …}'."
        guard let metadata = fields.required("metadata", fix: fix, problems),
            let name = metadata.fields(["name"], problems)?.required("name", fix: fix, problems)
        else { return nil }
        return problems.attempt { () throws(Problem) in try name.named("'metadata.name'").name(of: "pipeline") }
    }

    private func steps(_ fields: DocumentFields) -> ([StepSpecification], [String: DocumentNode]) {
        let fix = "List at least one step with a 'name' and a 'command'."
        guard let list = fields.required("steps", fix: fix, problems),
            let elements = problems.attempt({ () throws(Problem) in try list.elements() })
        else { return ([], [:]) }
        guard !elements.isEmpty else {
            problems.add(list.missing("steps", fix: fix))
            return ([], [:])
        }
        guard elements.count <= PipelineSpecification.maximumSteps else {
            problems.add(
                list.problem(
                    "step.tooMany", "The pipeline has \(elements.count) steps.",
                    why: "At most \(PipelineSpecification.maximumSteps) are taken.",
                    fix: "Use 'forEach' for steps that are alike, or split the pipeline and call its parts by steps of kind pipeline."))
            return ([], [:])
        }
        let parser = StepParser(problems: problems)
        var steps: [StepSpecification] = []
        var nodes: [String: DocumentNode] = [:]
        steps.reserveCapacity(elements.count)
        for element in elements where !problems.isFull {
            guard let step = parser.parse(element) else { continue }
            if let first = nodes[step.name] {
                problems.add(
                    element.problem(
                        "step.duplicate", "There is a step '\(step.name)' already, in line \(first.line).", fix: "Rename one of them."))
            } else {
                nodes[step.name] = element
                steps.append(step)
            }
        }
        return (steps, nodes)
    }

    private func concurrency(_ node: DocumentNode) -> ConcurrencyRule? {
        guard let fields = node.fields(["policy", "limit"], problems),
            let policyNode = fields.required("policy", fix: "Add 'policy: queue', 'refuse' or 'replace'.", problems),
            let policy = problems.attempt({ () throws(Problem) in try Self.choice(policyNode, ConcurrencyRule.Policy.self) })
        else { return nil }
        var rule = ConcurrencyRule(policy: policy)
        problems.attempt { () throws(Problem) in
            if let limit = fields["limit"] { rule.limit = try limit.integer(in: 1...ConcurrencyRule.maximumLimit) }
        }
        return rule
    }

    private func outputs(_ node: DocumentNode?) -> [(String, DocumentNode)] {
        guard let node, let members = problems.attempt({ () throws(Problem) in try node.members() }) else { return [] }
        var outputs: [(String, DocumentNode)] = []
        for (name, member) in members {
            problems.attempt { () throws(Problem) in
                do throws(Problem) {
                    try ResourceName.check(name, of: "output")
                } catch {
                    throw member.problem("name.malformed", error.what, why: error.why, fix: error.fix)
                }
                outputs.append((name, member))
            }
        }
        return outputs
    }

    /// One of the words of `Choice`.
    static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ node: DocumentNode, _ type: Choice.Type
    ) throws(Problem) -> Choice {
        let text = try node.text()
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue)
            throw node.problem(
                "field.unknownValue", "\(node.subject.capitalisedFirst) is '\(text.printable)'.",
                why: "It is one of \(known.joined(separator: ", ")).",
                fix: DocumentNode.suggestion(for: text, among: known) ?? "Choose one of these.")
        }
        return choice
    }
}
