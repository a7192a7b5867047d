// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Governance

/// Files that come in parts: begun, sent in any order, also after a restart, and completed or aborted; what is left is collected.
///
/// Parts are blobs of their own until the upload is complete. They are measurements on the way to an artifact; the ledger has the
/// artifact.
package struct ArtifactUploads: Sendable {
    package static let maximumParts = 10_000
    /// 5 GiB.
    package static let maximumPartBytes: Int64 = 5 << 30
    /// Most uploads under way in one workspace.
    package static let maximumOpen = 1_000
    package static let lifetime = Duration.seconds(24 * 3600)

    private let governor: Governor
    private let blobs: any BlobStore

    package init(governor: Governor, blobs: any BlobStore) {
        self.governor = governor
        self.blobs = blobs
    }

    package func begin(
        at path: ArtifactPath, partCount: Int, contentType: String? = nil, by caller: Caller
    ) async throws -> ArtifactUpload {
        guard path.name != nil else { throw ArtifactStore.nameless }
        guard (1...Self.maximumParts).contains(partCount) else {
            throw Problem(
                .invalid, "tracking.upload.part-count", "An upload of \(partCount) parts cannot begin.",
                why: "It has 1 to \(Self.maximumParts).", fix: "Choose larger parts.")
        }
        let now = governor.clock.now()
        let upload = ArtifactUpload(
            id: HexIdentifier.text(of: governor.identifiers.next()), path: path, partCount: partCount,
            contentType: contentType.map { TrackingKey.shortened($0, to: 200) }, created: now, expires: now + Self.lifetime, digest: nil)
        return try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = ArtifactUploadTable(transaction: transaction)
            guard try table.countOpen(in: caller.workspace, at: now, limit: Self.maximumOpen) < Self.maximumOpen else {
                throw Problem(
                    .exhausted, "tracking.upload.too-many", "\(Self.maximumOpen) uploads are under way in this workspace.",
                    fix: "Complete or abort some; what is abandoned goes after a day.")
            }
            try table.insert(upload, in: caller.workspace)
            return upload
        }
    }

    /// Stores a part as it arrives; another one under the same number takes its place.
    ///
    /// - Throws: `Problem` `.notFound` when the upload is not under way, `.tooLarge` beyond 5 GiB.
    package func put(
        _ bytes: some AsyncSequence<[UInt8], any Error> & Sendable, as number: Int, of id: String, by caller: Caller
    ) async throws -> ArtifactUpload.Part {
        let now = governor.clock.now()
        let check: @Sendable (any Transaction) throws -> Void = { transaction in
            let upload = try ArtifactUploadTable(transaction: transaction).get(id, in: caller.workspace, at: now)
            guard upload.digest == nil else { throw ArtifactUpload.unknown(id) }
            guard (1...upload.partCount).contains(number) else {
                throw Problem(
                    .invalid, "tracking.upload.part-number", "The upload has no part \(number).", why: "It has 1 to \(upload.partCount).")
            }
        }
        try await governor.read(.trackingWrite, by: caller, check)
        let blob = try await blobs.put(bytes, limit: Self.maximumPartBytes)
        let part = ArtifactUpload.Part(number: number, digest: blob.digest, size: blob.size)
        return try await governor.measure(.trackingWrite, by: caller) { transaction in
            try check(transaction)
            try ArtifactUploadTable(transaction: transaction).put(part, of: id)
            return part
        }
    }

    /// Makes the parts, in the order of their numbers, the artifact. Asking again is no error.
    ///
    /// Reads and writes every byte once more, in the memory of one chunk; a single part is taken as it is.
    ///
    /// - Throws: `Problem` `.notFound`; `.invalid` when parts are missing or differ; `.conflict` when parts came meanwhile.
    package func complete(_ id: String, at path: ArtifactPath, _ claims: [ArtifactUpload.PartClaim], by caller: Caller) async throws {
        let now = governor.clock.now()
        let (upload, parts) = try await governor.read(.trackingWrite, by: caller) { transaction in
            let table = ArtifactUploadTable(transaction: transaction)
            return (try table.get(id, in: caller.workspace, at: now), try table.parts(of: id))
        }
        guard upload.path == path else { throw ArtifactUpload.unknown(id) }
        if upload.digest != nil { return }
        try upload.check(claims, against: parts)
        let size = parts.reduce(0) { $0 + $1.size }
        guard size <= ArtifactStore.maximumBytes else {
            throw Problem(
                .tooLarge, "tracking.upload.too-large", "The parts have \(size) bytes together.",
                why: "An artifact has at most \(ArtifactStore.maximumBytes).")
        }
        let whole = try await join(parts)
        _ = try await governor.change(.trackingWrite, by: caller) { change in
            let table = ArtifactUploadTable(transaction: change.transaction)
            if try table.get(id, in: change.workspace, at: now).digest != nil { return Nothing() }
            guard try table.parts(of: id) == parts else {
                throw Problem(
                    .conflict, "tracking.upload.changed", "A part came while the upload was being completed.", fix: "Complete it again.")
            }
            _ = try ArtifactStore.save(whole, at: path, contentType: upload.contentType, in: change)
            try table.complete(id, as: whole.digest)
            return Nothing()
        }
    }

    /// Forgets an upload and its parts. What is not there, or is complete, is left as it is.
    package func abort(_ id: String, by caller: Caller) async throws {
        let now = governor.clock.now()
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let table = ArtifactUploadTable(transaction: transaction)
            do {
                guard try table.get(id, in: caller.workspace, at: now).digest == nil else { return }
            } catch let problem as Problem where problem.kind == .notFound {
                return
            }
            try table.delete(id)
        }
    }

    /// Forgets uploads whose time is over, in all workspaces; their blobs go with the next collection.
    ///
    /// - Returns: How many.
    @discardableResult
    package func collectAbandoned() async throws -> Int {
        let now = governor.clock.now()
        var collected = 0
        while true {
            let count = try await governor.database.write { transaction in
                let table = ArtifactUploadTable(transaction: transaction)
                let ids = try table.expired(at: now, limit: 20)
                for id in ids { try table.delete(id) }
                return ids.count
            }
            collected += count
            if count < 20 { return collected }
        }
    }

    private func join(_ parts: [ArtifactUpload.Part]) async throws -> BlobInfo {
        if parts.count == 1, let known = try await blobs.info(parts[0].digest) { return known }
        return try await blobs.put(JoinedBlobs(digests: parts.map(\.digest), blobs: blobs), limit: ArtifactStore.maximumBytes)
    }
}
