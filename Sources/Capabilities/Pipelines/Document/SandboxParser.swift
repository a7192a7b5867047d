// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads whether a command runs in a sandbox: `prefer`, or `{use: require, network: true}`.
struct SandboxParser {
    let problems: DocumentProblems

    func parse(_ node: DocumentNode, with runtime: StepRuntime) -> SandboxRule? {
        guard let rule = rule(node) else { return nil }
        if rule.use == .require, case .image = runtime {
            problems.add(
                node.problem(
                    "sandbox.image", "The step runs in an image and requires a sandbox too.",
                    why: "A container has walls of its own.", fix: "Remove 'sandbox', or run the step on the host."))
        }
        return rule
    }

    private func rule(_ node: DocumentNode) -> SandboxRule? {
        guard node.isMapping else {
            return problems.attempt { () throws(Problem) in SandboxRule(try PipelineParser.choice(node, SandboxRule.Use.self)) }
        }
        guard let fields = node.fields(["use", "network"], problems), !fields.hasUnknown,
            let use = fields.required("use", fix: "Add 'use: require', 'prefer' or 'never'.", problems)
        else { return nil }
        return problems.attempt { () throws(Problem) in
            SandboxRule(try PipelineParser.choice(use, SandboxRule.Use.self), hasNetwork: try fields["network"]?.boolean() ?? false)
        }
    }
}
