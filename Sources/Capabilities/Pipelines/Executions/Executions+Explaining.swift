// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

extension Executions {
    /// Says of each step why it ran or was used again.
    package func explain(_ id: String, by caller: Caller) async throws -> [StepExplanation] {
        let report = try await get(id, by: caller)
        let pipeline = try PlannedPipelines.shared.plan(report.version, in: caller.workspace)
        let results = Dictionary(report.results.map { ($0.unit, $0) }, uniquingKeysWith: { first, _ in first })
        let execution = report.execution
        let keys = try await governor.read(.pipelineRead, by: caller) { transaction in
            let table = ExecutionTable(transaction: transaction)
            var keys: [String: (now: StepKey?, before: (execution: String, key: StepKey)?)] = [:]
            for step in report.state.steps {
                guard let result = results[StepUnit(step)], result.reusedFrom == nil, let key = result.key else { continue }
                keys[step] = (
                    try table.parts(of: key, in: execution.workspace),
                    try table.partsBefore(execution.created, of: StepUnit(step), execution.pipeline, in: execution.workspace)
                )
            }
            return keys
        }
        return pipeline.plan.nodes.map { node in
            let step = node.step
            let state = report.state[StepUnit(step.name)]?.state ?? .waiting
            let (because, changes) = Self.reason(
                node, state, results[StepUnit(step.name)], report, now: keys[step.name]?.now, before: keys[step.name]?.before)
            return StepExplanation(step: step.name, state: state.word, because: because, changes: changes)
        }
    }

    private static func reason(
        _ node: ExecutionPlan.Node, _ state: StepState, _ result: StepResult?, _ report: ExecutionReport, now: StepKey?,
        before: (execution: String, key: StepKey)?
    ) -> (String, [String]) {
        let step = node.step
        switch state {
        case .waiting:
            let open = node.needs.filter { !(report.state[StepUnit($0)]?.state.isFinal ?? true) }
            return ("It waits for \(open.joined(separator: ", ")).", [])
        case .skipped:
            let bad = node.needs.filter { [.failed, .skipped, .cancelled].contains(report.state[StepUnit($0)]?.state) }
            return ("\(bad.joined(separator: ", ")) did not succeed.", [])
        case .omitted: return (omission(step), [])
        case .cancelled: return ("The execution was cancelled.", [])
        case .reused where step.forEach == nil:
            let key = result?.key.map { " with the key \($0.hexadecimal.prefix(12))" } ?? ""
            return ("Execution \(result?.reusedFrom ?? "-") has made the same\(key).", [])
        case .ready, .running, .expanded, .succeeded, .reused, .failed: break
        }
        if let counts = report.state.itemCounts(of: step.name) {
            let parts = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            return ("It runs for each element of a list: \(parts.joined(separator: ", ")).", [])
        }
        guard step.kind == .command else { return ("Steps of kind \(step.kind.rawValue) are done anew in each execution.", []) }
        guard step.isCacheable else { return ("It says 'cache: false'.", []) }
        if let outside = step.outside {
            let limit = outside.freshForSeconds.map { "is younger than \($0) seconds" } ?? "can stand for it"
            return ("It reads the outside, and no earlier result \(limit).", [])
        }
        guard let now else { return ("No execution has made it with this key.", []) }
        guard let before else { return ("It has not run before.", []) }
        let changes = now.changes(since: before.key)
        guard let first = changes.first else { return ("The result of execution \(before.execution) is not kept any more.", []) }
        return ("Since execution \(before.execution) \(first).", changes)
    }

    private static func omission(_ step: StepSpecification) -> String {
        if let condition = step.condition { return "Its condition does not hold, or what it uses was omitted: \(condition)" }
        return step.runs == .afterFailure ? "Nothing it needs has failed." : "What it uses was omitted."
    }
}
