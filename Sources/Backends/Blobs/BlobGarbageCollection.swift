// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A blob store from which what nobody holds can be removed while puts go on.
package protocol CollectableBlobStore: BlobStore {
    /// Deletes the blob if it was last put before `time`; a put of the same bytes at the same moment either keeps it or stores it anew.
    ///
    /// - Returns: Whether it was deleted.
    func delete(_ digest: BlobDigest, ifPutBefore time: Timestamp) async throws -> Bool
}

/// Removes blobs that no reference holds and that were last put longer ago than the grace period.
///
/// The grace period covers the time between a put and the commit of its reference. It keeps what is held only if references
/// are made as `BlobReferenceTable.hold` demands.
package struct BlobGarbageCollection<Store: CollectableBlobStore>: Sendable {
    private let store: Store
    private let grace: Duration
    private let clock: any WallClock
    private let held: @Sendable ([BlobDigest]) async throws -> Set<BlobDigest>
    /// Blobs looked at together.
    private let page = 500

    /// - Parameter held: Those of some digests that something refers to.
    package init(
        store: Store, grace: Duration, clock: any WallClock = SystemWallClock(),
        held: @escaping @Sendable ([BlobDigest]) async throws -> Set<BlobDigest>
    ) {
        precondition(grace >= .zero, "A grace period is not negative.")
        self.store = store
        self.grace = grace
        self.clock = clock
        self.held = held
    }

    /// With references in `blob_reference`.
    package init(store: Store, database: any Database, grace: Duration, clock: any WallClock = SystemWallClock()) {
        self.init(store: store, grace: grace, clock: clock) { digests in
            try await database.read { try BlobReferenceTable(transaction: $0).held(among: digests) }
        }
    }

    /// - Parameter isDryRun: Reports what would go, and deletes nothing.
    package func collect(isDryRun: Bool) async throws -> BlobCollectionReport {
        let deadline = clock.now() - grace
        var report = BlobCollectionReport(isDryRun: isDryRun)
        var last: BlobDigest?
        while true {
            let infos = try await store.list(after: last, limit: page)
            guard let final = infos.last else { return report }
            last = final.digest
            let old = infos.filter { $0.time < deadline }
            let kept = try await held(old.map(\.digest))
            for info in old where !kept.contains(info.digest) {
                try Task.checkCancellation()
                if isDryRun {
                    report.add(info)
                } else if try await store.delete(info.digest, ifPutBefore: deadline) {
                    report.add(info)
                }
            }
        }
    }
}

package struct BlobCollectionReport: Sendable, Equatable, Codable {
    /// Most digests a report names.
    package static let mostDigests = 1000

    package var isDryRun: Bool
    package private(set) var count = 0
    /// Of plaintext.
    package private(set) var bytes: Int64 = 0
    /// The first `mostDigests` of them.
    package private(set) var digests: [BlobDigest] = []

    package init(isDryRun: Bool) {
        self.isDryRun = isDryRun
    }

    mutating func add(_ info: BlobInfo) {
        count += 1
        bytes += info.size
        if digests.count < Self.mostDigests { digests.append(info.digest) }
    }
}
