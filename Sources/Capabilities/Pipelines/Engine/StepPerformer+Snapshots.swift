// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Tracking

extension StepPerformer {
    /// Outputs of type snapshot are recorded, with the labels of the snapshots that the execution was started with.
    func recordSnapshots(of step: StepSpecification, _ outputs: [String: StepOutput]) async throws {
        for (name, output) in step.outputs where output.type == .snapshot {
            guard let dataset = output.dataset, let made = outputs[name] else { continue }
            var files: [(name: String, blob: BlobInfo)] = []
            switch made {
            case .file(let digest, _): files = [((output.path as NSString).lastPathComponent, try await info(of: digest))]
            case .folder(let members):
                for (path, digest) in members.sorted(by: { $0.key < $1.key }) { files.append((path, try await info(of: digest))) }
            case .value: continue
            }
            let labels = try await inheritedLabels(of: step)
            _ = try await parts.snapshots.record(
                dataset: dataset, files: files, jurisdiction: labels.jurisdiction, classifications: labels.classifications,
                by: lease.controller)
        }
    }

    private func info(of digest: BlobDigest) async throws -> BlobInfo {
        guard let info = try await parts.transfer.blobs.info(digest) else {
            throw Problem(.internal, "pipelines.output.absent", "An output that was just stored is not there.")
        }
        return info
    }

    private func inheritedLabels(of step: StepSpecification) async throws -> (jurisdiction: String?, classifications: [String]) {
        let execution = lease.execution
        let parameters = try await parts.governor.database.read { try ExecutionTable(transaction: $0).find(execution)?.parameters ?? [:] }
        var jurisdictions: Set<String> = []
        var classifications: Set<String> = []
        for parameter in pipeline.specification.parameters where parameter.type == .snapshot {
            guard let id = parameters[parameter.name]?.text, !id.isEmpty else { continue }
            let labels = try await parts.snapshots.get(id, by: lease.controller).labels
            if let jurisdiction = labels.jurisdiction { jurisdictions.insert(jurisdiction) }
            classifications.formUnion(labels.classifications)
        }
        guard jurisdictions.count <= 1 else {
            throw Problem(
                .rejected, "pipelines.output.jurisdictions",
                "The snapshot that step '\(step.name)' leaves would have several jurisdictions.",
                why: "The execution uses data of \(jurisdictions.sorted().joined(separator: ", ")).",
                fix: "Make snapshots of data of one jurisdiction at a time.")
        }
        return (jurisdictions.first, classifications.sorted())
    }
}
