// SPDX-License-Identifier: Apache-2.0

package import Domain
import Governance
import Synchronization

/// A version of a pipeline, read and planned.
package struct PlannedPipeline: Sendable {
    package let version: PipelineVersion
    package let specification: PipelineSpecification
    package let plan: ExecutionPlan
    package let steps: [String: StepSpecification]
    package let expressions: StepExpressions
    /// By step, those whose outputs it refers to.
    let references: [String: Set<String>]

    package init(_ version: PipelineVersion) throws(Problem) {
        self.version = version
        specification = try PipelineParser.parse(version.document)
        do {
            plan = try ExecutionPlan(specification)
        } catch {
            throw error.problem
        }
        expressions = StepExpressions(parameters: specification.parameters)
        references = Dictionary(
            specification.steps.map { step in
                var bindings = step.bindings.map(\.binding)
                if case .binding(let list)? = step.forEach?.items { bindings.append(list) }
                return (step.name, Set(bindings.flatMap { $0.outputs.map(\.step) }))
            }, uniquingKeysWith: { first, _ in first })
        steps = Dictionary(specification.steps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// Versions that were read lately: executions of one pipeline read it once. A version never changes.
package final class PlannedPipelines: Sendable {
    /// One for the process: what it holds is found by the version's digest, whatever database it came from.
    package static let shared = PlannedPipelines()

    private static let capacity = 64
    private let kept = Mutex<[(key: String, pipeline: PlannedPipeline)]>([])

    package func plan(_ version: PipelineVersion, in workspace: String) throws(Problem) -> PlannedPipeline {
        // The whole version is compared too: one of a rehearsed change may have had other authors and times.
        let key = "\(workspace)/\(version.pipeline)/\(version.version)/\(version.digest)"
        if let known = kept.withLock({ kept in kept.first { $0.key == key && $0.pipeline.version == version }?.pipeline }) { return known }
        let planned = try PlannedPipeline(version)
        kept.withLock { kept in
            if kept.count >= Self.capacity { kept.removeFirst() }
            kept.append((key, planned))
        }
        return planned
    }
}
