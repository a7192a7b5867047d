// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance

/// Files of a workspace by path, over content-addressed blobs. Storing again under a path replaces what it names, never bytes.
package struct ArtifactStore: Sendable {
    /// 64 GiB.
    package static let maximumBytes: Int64 = 64 << 30
    package static let maximumPage = 1_000
    /// Most files one deletion or registration takes.
    package static let maximumFiles = 10_000

    private let governor: Governor
    private let blobs: any BlobStore

    package init(governor: Governor, blobs: any BlobStore) {
        self.governor = governor
        self.blobs = blobs
    }

    /// Stores the bytes as they arrive.
    ///
    /// - Throws: `Problem` `.tooLarge` beyond 64 GiB, `.conflict` where a file would be a folder too.
    package func put(
        _ bytes: some AsyncSequence<[UInt8], any Error> & Sendable, at path: ArtifactPath, contentType: String? = nil, by caller: Caller
    ) async throws -> Artifact {
        guard path.name != nil else { throw Self.nameless }
        try governor.require(.trackingWrite, of: caller)
        let blob = try await blobs.put(bytes, limit: Self.maximumBytes)
        var caller = caller
        // The body is part of what was asked, but is known only now.
        caller.idempotency?.requestDigest += " \(blob.digest)"
        let type = contentType.map { TrackingKey.shortened($0, to: 200) }
        return try await governor.change(.trackingWrite, by: caller) { try Self.save(blob, at: path, contentType: type, in: $0) }
    }

    /// Lets the path name the blob from now on.
    static func save(_ blob: BlobInfo, at path: ArtifactPath, contentType: String?, in change: Change) throws -> Artifact {
        let artifact = Artifact(path: path, digest: blob.digest, size: blob.size, time: change.time, contentType: contentType)
        try place(artifact, workspace: change.workspace, in: change.transaction)
        try change.record(
            "artifact.stored", on: "artifact/\(path.text)", ["digest": .string(blob.digest.description), "size": .integer(blob.size)])
        return artifact
    }

    /// Names the file at its path, holds its blob, and lets go of the one named there before.
    static func place(_ artifact: Artifact, workspace: String, in transaction: any Transaction) throws {
        let table = ArtifactTable(transaction: transaction, workspace: workspace)
        let references = BlobReferenceTable(transaction: transaction)
        let holder = holder(of: artifact.path, in: workspace)
        if let earlier = try table.find(artifact.path), earlier.digest != artifact.digest {
            try references.release(earlier.digest, by: holder)
        }
        try table.put(artifact)
        try references.hold(artifact.digest, by: holder)
    }

    package func find(_ path: ArtifactPath, by caller: Caller) async throws -> Artifact? {
        try await governor.read(.trackingRead, by: caller) {
            try ArtifactTable(transaction: $0, workspace: caller.workspace).find(path)
        }
    }

    /// The file and its bytes in `range`, all of them when nil.
    ///
    /// - Throws: `Problem` `.notFound`.
    package func open(_ path: ArtifactPath, range: Range<Int64>? = nil, by caller: Caller) async throws -> (Artifact, BlobContent) {
        guard let artifact = try await find(path, by: caller) else { throw Artifact.unknown(path) }
        return (artifact, try await blobs.get(artifact.digest, range: range))
    }

    /// What is directly in a folder, by name; empty when there is none. For a file, the file itself.
    ///
    /// - Parameter after: The last name of the page before.
    package func list(
        _ folder: ArtifactPath, after: String? = nil, limit: Int = Self.maximumPage, by caller: Caller
    ) async throws -> (entries: [ArtifactEntry], next: String?) {
        try SearchLimit.check(limit, atMost: Self.maximumPage)
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let table = ArtifactTable(transaction: transaction, workspace: caller.workspace)
            if after == nil, let file = try table.find(folder) { return ([.file(file)], nil) }
            let entries = try table.entries(in: folder, after: after, limit: limit + 1)
            guard entries.count > limit else { return (entries, nil) }
            let page = Array(entries.prefix(limit))
            return (page, page.last?.path.name)
        }
    }

    /// Every file below a folder, or the file itself.
    package func files(below folder: ArtifactPath, by caller: Caller) async throws -> [Artifact] {
        try await governor.read(.trackingRead, by: caller) { transaction in
            try Self.files(below: folder, workspace: caller.workspace, in: transaction)
        }
    }

    package static func files(below folder: ArtifactPath, workspace: String, in transaction: any Transaction) throws -> [Artifact] {
        let table = ArtifactTable(transaction: transaction, workspace: workspace)
        if let file = try table.find(folder) { return [file] }
        return try table.files(below: folder, limit: maximumFiles)
    }

    /// Deletes a file, or a folder with all below it; their blobs go when nothing else holds them.
    ///
    /// - Throws: `Problem` `.notFound`.
    package func delete(_ path: ArtifactPath, by caller: Caller) async throws {
        guard path.name != nil else {
            throw Problem(
                .invalid, "tracking.artifact.root", "The root of the artifacts cannot be deleted.", fix: "Delete its folders one by one.")
        }
        _ = try await governor.change(.trackingWrite, by: caller) { change in
            let files = try Self.files(below: path, workspace: change.workspace, in: change.transaction)
            guard !files.isEmpty else { throw Artifact.unknown(path) }
            let table = ArtifactTable(transaction: change.transaction, workspace: change.workspace)
            for file in files {
                try table.delete(file.path)
                try BlobReferenceTable(transaction: change.transaction).release(by: Self.holder(of: file.path, in: change.workspace))
            }
            try change.record("artifact.deleted", on: "artifact/\(path.text)", ["files": .integer(Int64(files.count))])
            return Nothing()
        }
    }

    static let nameless = Problem(
        .invalid, "tracking.artifact.path-malformed", "A file needs a name.", fix: "Put it under a path such as 'model/weights.bin'.")

    static func holder(of path: ArtifactPath, in workspace: String) -> String { "artifact/\(workspace)/\(path.text)" }
}
