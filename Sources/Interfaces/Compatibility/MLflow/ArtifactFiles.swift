// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import HTTPServer
import Registry
import Tracking

/// Files by their path: artifacts of the workspace, and beneath `registered-models/<name>/<number>` those of model versions.
struct ArtifactFiles: Sendable {
    static let versionsFolder = "registered-models"

    let artifacts: ArtifactStore
    let registry: ModelRegistry

    /// - Throws: `Problem` `.notFound`.
    func file(at path: ArtifactPath, by caller: Caller) async throws -> ArtifactFile {
        if let (version, below) = try await version(at: path, by: caller) {
            return try file(below, of: version, by: caller)
        }
        guard let artifact = try await artifacts.find(path, by: caller) else { throw Artifact.unknown(path) }
        return ArtifactFile(
            name: path.name ?? "", digest: artifact.digest, size: artifact.size, type: artifact.contentType,
            open: { range in try await artifacts.open(path, range: range, by: caller).1 })
    }

    func file(_ path: ArtifactPath, of version: ModelVersion, by caller: Caller) throws -> ArtifactFile {
        guard let known = version.files.first(where: { $0.path == path.text }) else { throw Artifact.unknown(path) }
        return ArtifactFile(
            name: path.name ?? "", digest: known.digest, size: known.size, type: nil,
            open: { range in try await registry.open(known.path, of: version, range: range, by: caller) })
    }

    /// The version whose files lie at the path, and the rest of the path; nil where no versions are.
    func version(at path: ArtifactPath, by caller: Caller) async throws -> (ModelVersion, ArtifactPath)? {
        let segments = path.segments
        guard segments.first == Self.versionsFolder, segments.count >= 3 else { return nil }
        guard let number = Int64(segments[2]) else { throw Artifact.unknown(path) }
        return (try await registry.version(segments[1], .number(number), by: caller), try ArtifactPath(Array(segments.dropFirst(3))))
    }

    /// - Throws: `Problem` `.invalid` where files of versions are.
    func writable(_ path: ArtifactPath) throws(Problem) -> ArtifactPath {
        guard path.segments.first != Self.versionsFolder else {
            throw Problem(
                .invalid, "mlflow.artifacts.immutable", "The files of model versions cannot be changed.", fix: "Register a new version.")
        }
        return path
    }
}
