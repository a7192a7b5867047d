// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Pipelines
import Provenance
import Registry

/// `kind: register`: makes a model version of a file or folder that a step left, with its run, snapshots, execution and commit,
/// and signs how it was made.
///
/// `with`: `model`, `artifact`, optional `path` (name of the file in the version), `run`, `description`,
/// `environmentLock` (a file that fixes the packages, kept by its digest, or a text), `featureService`.
struct RegisterHandler: StepHandler {
    let registry: ModelRegistry
    let attestations: Attestations
    let blobs: any BlobStore

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        let arguments = StepArguments(work: work, blobs: blobs)
        let model = try await arguments.text("model")
        let new = NewVersion(
            files: try await files(arguments), runID: try await arguments.optionalText("run"), snapshots: work.snapshots,
            executionID: work.execution.id, codeCommit: work.codeCommit, environmentLock: try await lock(arguments),
            featureService: try await arguments.optionalText("featureService"), source: work.execution.resource,
            description: try await arguments.optionalText("description"))
        let version = try await registry.registerVersion(of: model, new, by: work.caller)
        try await attestations.attest(version, registeredBy: StepUnit(reading: work.step), in: work.execution.workspace)
        return .done(["model": .value(.string(model)), "version": .value(.integer(version.number))])
    }

    /// The digest of the file that a step left, or the text given.
    private func lock(_ arguments: StepArguments) async throws -> String? {
        if case .output(.file(let digest, _)) = arguments["environmentLock"] { return digest.description }
        return try await arguments.optionalText("environmentLock")
    }

    private func files(_ arguments: StepArguments) async throws -> [VersionFile] {
        if case .output(.folder(let files)) = arguments["artifact"] {
            var versionFiles: [VersionFile] = []
            for (path, digest) in files.sorted(by: { $0.key < $1.key }) {
                let size = try await blobs.info(digest)?.size ?? 0
                versionFiles.append(VersionFile(path: path, digest: digest, size: size))
            }
            return versionFiles
        }
        let (digest, size) = try arguments.file("artifact")
        return [VersionFile(path: try await arguments.optionalText("path") ?? "model.onnx", digest: digest, size: size)]
    }
}
