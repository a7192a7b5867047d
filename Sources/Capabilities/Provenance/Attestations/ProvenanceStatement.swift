// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation
import Governance
package import Pipelines
package import Registry
package import Tracking

/// How a version was made: an in-toto statement (v1) with SLSA provenance (v1, slsa.dev/spec/v1.0/provenance).
///
/// | part | holds |
/// |---|---|
/// | `subject` | the version, by the digest of its files' list, then each file |
/// | `externalParameters` | pipeline, its version, the parameters: what a person or a trigger chose |
/// | `internalParameters` | execution, step, region, and for each step before it its key, attempts and what it was reused from |
/// | `resolvedDependencies` | the pipeline, its commit, the source files, snapshots, base models, images: what came from outside |
/// | `byproducts` | what the steps before it left |
///
/// Only steps that the registering step needs, directly or through others, are named. A folder's digest has the algorithm
/// `dhowTreeV1` (`StepKey.digest(ofTree:)`); all others are of well-known ones. Size: O(steps + source files + snapshots' files), not of
/// the runs of a fan-out.
package struct ProvenanceStatement: Sendable {
    package static let predicateType = "https://slsa.dev/provenance/v1"
    package static let buildType = "urn:dhow:pipeline:v1"
    /// Source files that are named singly; more are one folder.
    private static let mostFiles = 1_000
    /// Bytes of a value that is shown whole.
    private static let largestValue = 1_024

    package var version: ModelVersion
    package var report: ExecutionReport
    /// Which registered the version.
    package var unit: StepUnit
    package var snapshots: [Snapshot]
    /// Of cacheable steps, what their results depended on.
    package var keys: [String: StepKey]
    package var builder: Builder

    /// The installation that made it.
    package struct Builder: Sendable {
        package var instance: String
        package var software: String
        package var region: String?

        package init(instance: String, software: String, region: String?) {
            self.instance = instance
            self.software = software
            self.region = region
        }
    }

    package func json() throws -> JSONValue {
        let planned = try PlannedPipelines.shared.plan(report.version, in: execution.workspace)
        let steps = Self.steps(before: unit.step, in: planned.plan)
        return [
            "_type": "https://in-toto.io/Statement/v1", "subject": .array(subject), "predicateType": .string(Self.predicateType),
            "predicate": [
                "buildDefinition": [
                    "buildType": .string(Self.buildType), "externalParameters": externalParameters,
                    "internalParameters": internalParameters(steps), "resolvedDependencies": .array(dependencies(steps)),
                ],
                "runDetails": [
                    "builder": ["id": .string(Self.urn("builder", builder.instance)), "version": ["dhow": .string(builder.software)]],
                    "metadata": [
                        "invocationId": .string(Self.urn("execution", execution.workspace, execution.id)),
                        "startedOn": .string(execution.created.rfc3339), "finishedOn": .string(version.created.rfc3339),
                    ],
                    "byproducts": .array(byproducts(steps)),
                ],
            ],
        ]
    }

    private var execution: Execution { report.execution }

    private var subject: [JSONValue] {
        [Self.resource(version.resource, "sha256", version.content.hexadecimal)]
            + version.files.map { Self.resource($0.path, "sha256", $0.digest.hexadecimal) }
    }

    private var externalParameters: JSONValue {
        [
            "pipeline": .string(execution.pipeline), "version": .integer(Int64(execution.pipelineVersion)),
            "parameters": .object(execution.parameters),
        ]
    }

    private func internalParameters(_ steps: [StepSpecification]) -> JSONValue {
        var members: [String: JSONValue] = ["execution": .string(execution.id), "step": .string(unit.description)]
        if let region = builder.region { members["region"] = .string(region) }
        if let cause = execution.cause { members["cause"] = .string(cause) }
        let results = Dictionary(report.results.map { ($0.unit, $0) }, uniquingKeysWith: { first, _ in first })
        let told = steps.map { step in
            let unit = StepUnit(step.name)
            var facts: [String: JSONValue] = ["kind": .string(step.kind.rawValue)]
            if let result = results[unit] {
                if let key = result.key { facts["key"] = .string(key.hexadecimal) }
                if let earlier = result.reusedFrom { facts["reusedFrom"] = .string(earlier) }
            }
            if let counts = report.state.itemCounts(of: step.name) {
                facts["runs"] = .object(counts.mapValues { .integer(Int64($0)) })
            } else if let attempts = report.state[unit]?.attempts, attempts > 0 {
                facts["attempts"] = .integer(Int64(attempts))
            }
            return (step.name, JSONValue.object(facts))
        }
        members["steps"] = .object(Dictionary(told, uniquingKeysWith: { first, _ in first }))
        return .object(members)
    }

    private func dependencies(_ steps: [StepSpecification]) -> [JSONValue] {
        var found = [Self.resource("pipeline/\(execution.pipeline)/\(execution.pipelineVersion)", "sha256", report.version.digest)]
        if let commit = report.version.codeCommit {
            let hash = commit.prefix { $0.isHexDigit }
            var code: [String: JSONValue] = ["name": "code", "digest": ["gitCommit": .string(String(hash))]]
            if hash.count != commit.count { code["annotations"] = ["commit": .string(commit)] }
            found.append(.object(code))
        }
        let sources = report.version.sources
        if sources.count <= Self.mostFiles {
            found += sources.sorted { $0.key < $1.key }.map { Self.resource("source/\($0.key)", "sha256", $0.value.hexadecimal) }
        } else {
            found.append(Self.resource("source", Self.treeAlgorithm, StepKey.digest(ofTree: sources).hexadecimal))
        }
        for snapshot in snapshots {
            found.append(
                .object([
                    "name": .string("snapshot/\(snapshot.dataset)/\(snapshot.ordinal)"), "uri": .string(Self.urn("snapshot", snapshot.id)),
                    "digest": ["sha256": .string(snapshot.id)],
                ]))
            found += snapshot.files.map {
                Self.resource("snapshot/\(snapshot.dataset)/\(snapshot.ordinal)/\($0.name)", "sha256", $0.digest.hexadecimal)
            }
        }
        if let lock = version.environmentLock.flatMap({ BlobDigest($0) }) {
            found.append(Self.resource("environment-lock", "sha256", lock.hexadecimal))
        }
        for step in steps {
            if case .image(let image) = step.runtime, let mark = image.range(of: "@sha256:") {
                found.append(
                    .object([
                        "name": .string("image/\(step.name)"), "uri": .string("oci:\(image)"),
                        "digest": ["sha256": .string(String(image[mark.upperBound...]))],
                    ]))
            }
            for (name, binding) in step.inputs.sorted(by: { $0.key < $1.key }) {
                guard case .model(let model, let alias) = binding, let digest = keys[step.name]?.inputs[name] else { continue }
                found.append(Self.resource("model/\(model)@\(alias)", Self.treeAlgorithm, digest.hexadecimal))
            }
        }
        return found
    }

    private func byproducts(_ steps: [StepSpecification]) -> [JSONValue] {
        let outputs = report.outputs(of: steps)
        return steps.flatMap { step in
            (outputs[step.name] ?? [:]).sorted { $0.key < $1.key }.compactMap { name, output -> JSONValue? in
                let path = "step/\(step.name)/\(name)"
                switch output {
                case .file(let digest, _): return Self.resource(path, "sha256", digest.hexadecimal)
                case .folder(let files): return Self.resource(path, Self.treeAlgorithm, StepKey.digest(ofTree: files).hexadecimal)
                case .value(let value):
                    guard let text = try? value.compactText(), text.utf8.count <= Self.largestValue else { return nil }
                    return [
                        "name": .string(path), "mediaType": "application/json",
                        "content": .string(Data(text.utf8).base64EncodedString()),
                    ]
                }
            }
        }
    }

    /// Of steps and all they need, in the plan's order, without the step itself.
    private static func steps(before step: String, in plan: ExecutionPlan) -> [StepSpecification] {
        var wanted: Set<String> = [step]
        var found: [StepSpecification] = []
        for node in plan.nodes.reversed() where wanted.contains(node.step.name) {
            wanted.formUnion(node.needs)
            if node.step.name != step { found.append(node.step) }
        }
        return found.reversed()
    }

    private static let treeAlgorithm = "dhowTreeV1"

    private static func resource(_ name: String, _ algorithm: String, _ digest: String) -> JSONValue {
        ["name": .string(name), "digest": .object([algorithm: .string(digest)])]
    }

    private static func urn(_ parts: String...) -> String {
        "urn:dhow:" + parts.map { $0.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? $0 }.joined(separator: ":")
    }
}
