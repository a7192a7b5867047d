// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance
import Registry
import Tracking

/// Finds the files that the source of a new model version names.
struct ModelSource {
    let runs: RunTracking
    let models: LoggedModelTracking
    let registry: ModelRegistry

    /// Adds to `new` what its source leads to: artifacts in our store, the files of another version, or nothing for another store's URL.
    ///
    /// - Throws: `Problem` `.invalid` for a source that could name a file of the server, `.notFound` for what is not there.
    func resolve(_ source: String, into new: inout NewVersion, by caller: Caller) async throws {
        new.source = source
        if let rest = rest(of: source, after: "runs:/") {
            let path = try ArtifactPath(rest)
            guard let id = path.segments.first else { throw Run.unknown("") }
            let run = try await runs.get(id, by: caller)
            new.runID = new.runID ?? id
            try take(run.location, below: ArtifactPath(Array(path.segments.dropFirst())), into: &new)
        } else if let rest = rest(of: source, after: "models:/") {
            try await resolveModel(rest, into: &new, by: caller)
        } else if let path = try ArtifactURI.path(in: source) {
            if path.segments.first == ArtifactFiles.versionsFolder, path.segments.count >= 3, let number = Int64(path.segments[2]) {
                try await copy(path.segments[1], .number(number), into: &new, by: caller)
            } else {
                new.artifacts = path
            }
        } else {
            try ArtifactURI.requireForeign(source)
        }
    }

    private func resolveModel(_ rest: String, into new: inout NewVersion, by caller: Caller) async throws {
        let path = try ArtifactPath(rest)
        guard let name = path.segments.first else { throw RegisteredModel.unknown("") }
        if name.hasPrefix("m-"), path.segments.count == 1 || Int64(path.segments[1]) == nil {
            let model = try await models.get(name, by: caller)
            new.loggedModelID = new.loggedModelID ?? model.id
            new.runID = new.runID ?? model.run
            return try take(model.location, below: ArtifactPath(Array(path.segments.dropFirst())), into: &new)
        }
        if let at = name.lastIndex(of: "@") {
            return try await copy(String(name[..<at]), .alias(String(name[name.index(after: at)...])), into: &new, by: caller)
        }
        guard path.segments.count == 2 else { throw MLflowFields.invalid("source", .string(rest)) }
        let reference: VersionReference = Int64(path.segments[1]).map { .number($0) } ?? .latest
        try await copy(name, reference, into: &new, by: caller)
    }

    private func copy(_ model: String, _ reference: VersionReference, into new: inout NewVersion, by caller: Caller) async throws {
        let version = try await registry.version(model, reference, by: caller)
        new.files = version.files
        new.signature = version.signature
        new.runID = new.runID ?? version.runID
        new.loggedModelID = new.loggedModelID ?? version.loggedModelID
        new.snapshots = version.snapshots
        new.executionID = version.executionID
        new.codeCommit = version.codeCommit
        new.environmentLock = version.environmentLock
    }

    private func take(_ location: ArtifactLocation, below: ArtifactPath, into new: inout NewVersion) throws {
        // What lies in another store cannot be pinned here.
        if case .stored(let root) = location { new.artifacts = try root.appending(below) }
    }

    private func rest(of source: String, after prefix: String) -> String? {
        guard source.hasPrefix(prefix) else { return nil }
        return source.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: true).joined(separator: "/")
    }
}
