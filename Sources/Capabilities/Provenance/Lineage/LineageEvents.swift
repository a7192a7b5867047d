// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation
import Governance
import Pipelines
import Tracking

/// What happened in an execution, as run events of OpenLineage 2-0-2 (openlineage.io/spec).
///
/// | OpenLineage | here |
/// |---|---|
/// | namespace of jobs and datasets | `dhow://INSTALLATION/WORKSPACE` |
/// | job | the pipeline, or `PIPELINE.STEP` |
/// | run | the execution, or one attempt of a step's run; its id is made from theirs |
/// | parent of an attempt's run | the execution |
/// | dataset | a dataset by its snapshots, `model/NAME`, or `PIPELINE/STEP/OUTPUT` |
///
/// Values that steps hand on are no datasets. All runs of a step with `forEach` read and write the same datasets.
package struct LineageEvents: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case start = "START"
        case complete = "COMPLETE"
        case fail = "FAIL"
        case abort = "ABORT"

        /// Of what ended an attempt.
        init(outcome: String?) {
            switch outcome {
            case "succeeded": self = .complete
            case "cancelled", "lost": self = .abort
            default: self = .fail
            }
        }

        init?(_ status: ExecutionStatus) {
            switch status {
            case .succeeded: self = .complete
            case .failed: self = .fail
            case .cancelled: self = .abort
            case .queued, .running, .paused, .waitingForApproval: return nil
            }
        }
    }

    /// Names the installation in events.
    package struct Source: Sendable {
        package var instance: String
        package var software: String

        package init(instance: String, software: String) {
            self.instance = instance
            self.software = software
        }
    }

    private static let specification = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
    /// Bytes of a parameter's value; more is cut.
    private static let largestParameter = 1_024

    let source: Source
    let execution: Execution
    let pipeline: PlannedPipeline
    /// Those that the execution's bindings name, by id.
    let snapshots: [String: Snapshot]

    // MARK: the execution

    func ofExecution(_ kind: Kind, at time: Timestamp) -> JSONValue {
        var facets: [String: JSONValue] = ["processing_engine": engine]
        if !execution.parameters.isEmpty {
            let parameters = execution.parameters.sorted { $0.key < $1.key }.map { name, value -> JSONValue in
                let text = value.text ?? (try? value.compactText()) ?? ""
                let shown = text.utf8.count <= Self.largestParameter ? text : String(text.prefix(Self.largestParameter / 4)) + "…"
                return ["key": .string(name), "value": .string(shown)]
            }
            facets["executionParameters"] = facet("1-0-0/ExecutionParametersRunFacet", ["parameters": .array(parameters)])
        }
        return event(
            kind, at: time, run: Self.runID(of: execution.id), runFacets: facets, job: execution.pipeline, type: "PIPELINE", inputs: [],
            outputs: [])
    }

    // MARK: steps

    /// - Parameters:
    ///   - attempt: From 1; 0 of a unit whose earlier result stands.
    ///   - outputs: Of a success.
    func ofUnit(
        _ unit: StepUnit, attempt: Int, _ kind: Kind, at time: Timestamp, because detail: String? = nil, outputs: [String: StepOutput] = [:]
    ) -> JSONValue {
        let step = pipeline.steps[unit.step] ?? StepSpecification(name: unit.step)
        let parent: [String: JSONValue] = [
            "run": ["runId": .string(Self.runID(of: execution.id))],
            "job": ["namespace": .string(namespace), "name": .string(execution.pipeline)],
        ]
        var facets: [String: JSONValue] = ["processing_engine": engine, "parent": facet("1-2-0/ParentRunFacet", parent)]
        if kind != .complete, let detail {
            facets["errorMessage"] = facet("1-0-1/ErrorMessageRunFacet", ["message": .string(detail), "programmingLanguage": "UNKNOWN"])
        }
        return event(
            kind, at: time, run: Self.runID(of: "\(execution.id)/\(unit)/\(attempt)"), runFacets: facets,
            job: "\(execution.pipeline).\(unit.step)", type: step.kind.rawValue.uppercased(), inputs: inputs(of: step),
            outputs: kind == .complete ? self.outputs(outputs, of: step) : [])
    }

    func ofAttempt(_ attempt: Attempt, isEnd: Bool, outputs: [String: StepOutput]) -> JSONValue {
        guard isEnd else { return ofUnit(attempt.unit, attempt: attempt.number, .start, at: attempt.started) }
        return ofUnit(
            attempt.unit, attempt: attempt.number, Kind(outcome: attempt.outcome), at: attempt.ended ?? attempt.started,
            because: attempt.detail ?? attempt.outcome, outputs: outputs)
    }

    // MARK: datasets

    private func inputs(of step: StepSpecification) -> [JSONValue] {
        var found: [String: JSONValue] = [:]
        for (_, binding) in step.bindings {
            for (name, facets) in datasets(of: binding) where found[name] == nil { found[name] = dataset(name, facets) }
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    private func datasets(of binding: Pipelines.Binding) -> [(name: String, facets: [String: JSONValue])] {
        switch binding {
        case .snapshot(let inner):
            guard let id = snapshotID(inner), let snapshot = snapshots[id] else { return [] }
            var facets = ["version": version(id)]
            if !snapshot.columns.isEmpty {
                let fields = snapshot.columns.map { ["name": .string($0.name), "type": .string($0.type.rawValue)] as JSONValue }
                facets["schema"] = facet("1-2-0/SchemaDatasetFacet", ["fields": .array(fields)])
            }
            return [(snapshot.dataset, facets)]
        case .model(let name, _): return [("model/\(name)", [:])]
        case .output(let step, let name):
            return outputDataset(name, of: pipeline.steps[step] ?? StepSpecification(name: step)).map { [($0, [:])] } ?? []
        case .mapping(let members): return members.values.flatMap(datasets)
        case .list(let elements): return elements.flatMap(datasets)
        case .parameter, .value, .item: return []
        }
    }

    private func snapshotID(_ binding: Pipelines.Binding) -> String? {
        switch binding {
        case .value(let value): value.text
        case .parameter(let name): execution.parameters[name]?.text
        case .snapshot, .model, .output, .item, .mapping, .list: nil
        }
    }

    /// Ids of the snapshots that events may name.
    static func snapshotIDs(_ execution: Execution, _ pipeline: PlannedPipeline) -> Set<String> {
        func ids(_ binding: Pipelines.Binding) -> [String] {
            switch binding {
            case .snapshot(.value(let value)): [value.text].compactMap(\.self)
            case .snapshot(.parameter(let name)): [execution.parameters[name]?.text].compactMap(\.self)
            case .mapping(let members): members.values.flatMap(ids)
            case .list(let elements): elements.flatMap(ids)
            case .snapshot, .parameter, .model, .output, .value, .item: []
            }
        }
        return Set(pipeline.specification.steps.flatMap { $0.bindings.flatMap { ids($0.binding) } })
    }

    private func outputDataset(_ name: String, of step: StepSpecification) -> String? {
        switch step.kind {
        case .command:
            guard let output = step.outputs[name], output.type != .value else { return nil }
            return output.dataset ?? "\(execution.pipeline)/\(step.name)/\(name)"
        case .register: return registeredModel(step).map { "model/\($0)" }
        case .gate, .approval, .release, .notify, .pipeline, .baseline: return nil
        }
    }

    private func registeredModel(_ step: StepSpecification) -> String? {
        step.with["model"].flatMap(snapshotID)
    }

    private func outputs(_ made: [String: StepOutput], of step: StepSpecification) -> [JSONValue] {
        if step.kind == .register {
            guard let model = made["model"]?.value?.text, let number = made["version"]?.value?.integer else { return [] }
            return [dataset("model/\(model)", ["version": version("\(number)")])]
        }
        return made.sorted { $0.key < $1.key }.compactMap { name, output in
            guard let place = outputDataset(name, of: step) else { return nil }
            switch output {
            case .file(let digest, let size):
                return dataset(place, ["version": version(digest.description)], statistics: ["size": .integer(size), "fileCount": 1])
            case .folder(let files): return dataset(place, [:], statistics: ["fileCount": .integer(Int64(files.count))])
            case .value: return nil
            }
        }
    }

    private func dataset(_ name: String, _ facets: [String: JSONValue], statistics: [String: JSONValue]? = nil) -> JSONValue {
        var members: [String: JSONValue] = ["namespace": .string(namespace), "name": .string(name), "facets": .object(facets)]
        if let statistics {
            members["outputFacets"] = ["outputStatistics": facet("1-0-2/OutputStatisticsOutputDatasetFacet", statistics)]
        }
        return .object(members)
    }

    // MARK: parts of events

    private var namespace: String { "dhow://\(source.instance)/\(execution.workspace)" }
    private var producer: JSONValue { .string("urn:dhow:\(source.software)") }

    private var engine: JSONValue {
        facet("1-1-1/ProcessingEngineRunFacet", ["name": "dhow", "version": .string(source.software)])
    }

    private func version(_ version: String) -> JSONValue {
        facet("1-0-1/DatasetVersionDatasetFacet", ["datasetVersion": .string(version)])
    }

    /// - Parameter schema: Version and name of a facet's schema.
    private func facet(_ schema: String, _ members: [String: JSONValue]) -> JSONValue {
        let name = schema.split(separator: "/").last ?? ""
        let url = "https://openlineage.io/spec/facets/\(schema).json#/$defs/\(name)"
        return .object(members.merging(["_producer": producer, "_schemaURL": .string(url)]) { $1 })
    }

    private func event(
        _ kind: Kind, at time: Timestamp, run: String, runFacets: [String: JSONValue], job: String, type: String, inputs: [JSONValue],
        outputs: [JSONValue]
    ) -> JSONValue {
        let jobType = facet("2-0-4/JobTypeJobFacet", ["processingType": "BATCH", "integration": "DHOW", "jobType": .string(type)])
        return [
            "eventType": .string(kind.rawValue), "eventTime": .string(time.rfc3339), "producer": producer,
            "schemaURL": .string("\(Self.specification)#/$defs/RunEvent"),
            "run": ["runId": .string(run), "facets": .object(runFacets)],
            "job": ["namespace": .string(namespace), "name": .string(job), "facets": ["jobType": jobType]],
            "inputs": .array(inputs), "outputs": .array(outputs),
        ]
    }

    /// A UUID of version 8 (RFC 9562) made of a name's SHA-256.
    private static func runID(of name: String) -> String {
        var bytes = Array(SHA256.hash(data: Data("dhow-run/1\n\(name)".utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = Array(bytes.lowercaseHexadecimal)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}

extension StepOutput {
    fileprivate var value: JSONValue? { if case .value(let value) = self { value } else { nil } }
}
