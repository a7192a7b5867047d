// SPDX-License-Identifier: Apache-2.0

package import Backends
import Crypto
import Domain
package import Governance

/// The use cases of datasets and their snapshots.
package struct SnapshotCatalogue: Sendable {
    package static let maximumFiles = 10_000
    package static let maximumPage = 1_000
    let governor: Governor
    private let blobs: any BlobStore

    package init(governor: Governor, blobs: any BlobStore) {
        self.governor = governor
        self.blobs = blobs
    }

    /// Records the state of a dataset; the same files again are the same snapshot, whoever records them.
    ///
    /// Files named `….csv` or `….csv.gz` are read and profiled; they must all have the same columns. Other files are kept as they are;
    /// the two kinds do not mix.
    ///
    /// - Parameter files: Names, and blobs put within the store's grace period or held elsewhere.
    /// - Throws: `Problem` `.invalid` for malformed CSV, naming file, line and column; `.conflict` when the snapshot exists under other labels.
    package func record(
        dataset: String, files: [(name: String, blob: BlobInfo)], jurisdiction: String?, classifications: [String] = [], by caller: Caller
    ) async throws -> Snapshot {
        try governor.require(.snapshotRecord, of: caller)
        let labels = try SnapshotLabels(jurisdiction: jurisdiction, classifications: classifications)
        let manifest = try SnapshotManifest(
            dataset: dataset, files: files.map { SnapshotFile(name: $0.name, digest: $0.blob.digest, size: $0.blob.size) })
        if let known = try await find(manifest.id, labels: labels, by: caller) { return known }
        var snapshot = Snapshot(
            id: manifest.id, dataset: dataset, ordinal: 0, recorded: governor.clock.now(), author: caller.principal.qualifiedName,
            labels: labels, files: manifest.files, rowCount: nil, columns: [], profile: nil)
        if let (columns, profile) = try await profile(manifest.files) {
            snapshot.columns = columns
            snapshot.profile = profile
            snapshot.rowCount = profile.rowCount
        }
        return try await save(snapshot, by: caller)
    }

    /// - Throws: `Problem` `.notFound`.
    package func get(_ id: String, by caller: Caller) async throws -> Snapshot {
        let snapshot = try await governor.read(.snapshotRead, by: caller) {
            try SnapshotTable(transaction: $0, workspace: caller.workspace).find(id)
        }
        guard let snapshot else { throw Snapshot.unknown(id) }
        return snapshot
    }

    /// Newest first, leaving out the `offset` newest ones.
    package func latest(_ dataset: String, offset: Int = 0, count: Int = 1, by caller: Caller) async throws -> [Snapshot] {
        try SearchLimit.check(count, atMost: Self.maximumPage)
        guard offset >= 0 else { throw Problem(.invalid, "tracking.snapshot.offset", "The offset \(offset) is negative.") }
        return try await governor.read(.snapshotRead, by: caller) {
            try SnapshotTable(transaction: $0, workspace: caller.workspace).latest(of: dataset, offset: offset, count: count)
        }
    }

    /// The snapshots of a dataset, newest first; `next` is the number to go on before.
    package func list(
        _ dataset: String, before ordinal: Int64? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> (items: [Snapshot], next: Int64?) {
        try SearchLimit.check(limit, atMost: Self.maximumPage)
        let snapshots = try await governor.read(.snapshotRead, by: caller) {
            try SnapshotTable(transaction: $0, workspace: caller.workspace).page(of: dataset, before: ordinal, limit: limit + 1)
        }
        let page = Array(snapshots.prefix(limit))
        return (page, snapshots.count > limit ? page.last?.ordinal : nil)
    }

    /// Names of datasets in order.
    package func datasets(after name: String? = nil, limit: Int = 100, by caller: Caller) async throws -> (items: [String], next: String?) {
        try SearchLimit.check(limit, atMost: Self.maximumPage)
        let names = try await governor.read(.snapshotRead, by: caller) {
            try SnapshotTable(transaction: $0, workspace: caller.workspace).datasets(after: name, limit: limit + 1)
        }
        let page = Array(names.prefix(limit))
        return (page, names.count > limit ? page.last : nil)
    }

    private func find(_ id: String, labels: SnapshotLabels, by caller: Caller) async throws -> Snapshot? {
        let known = try await governor.database.read { try SnapshotTable(transaction: $0, workspace: caller.workspace).find(id) }
        if let known { try Self.check(known, has: labels) }
        return known
    }

    private func profile(_ files: [SnapshotFile]) async throws -> (columns: [SnapshotColumn], profile: SnapshotProfile)? {
        let readable = files.filter { SnapshotProfiler.reads($0.name) }
        guard readable.count == files.count || readable.isEmpty else {
            throw Problem(
                .invalid, "tracking.snapshot.files-mixed", "The snapshot has CSV files beside others.",
                why: "CSV files are profiled as one table.", fix: "Record the other files as a dataset of their own.")
        }
        var profiler = SnapshotProfiler()
        for file in files {
            // Opened also when not read: a snapshot never names a blob that is not there.
            let content = try await blobs.get(file.digest, range: nil)
            if !readable.isEmpty { try await profiler.read(content.bytes, of: file.name) }
        }
        return readable.isEmpty ? nil : profiler.result()
    }

    private func save(_ snapshot: Snapshot, by caller: Caller) async throws -> Snapshot {
        try await governor.change(.snapshotRecord, by: caller, locking: "snapshot/\(caller.workspace)/\(snapshot.dataset)") { change in
            let table = SnapshotTable(transaction: change.transaction, workspace: change.workspace)
            if let known = try table.find(snapshot.id) {
                try Self.check(known, has: snapshot.labels)
                return known
            }
            let saved = try table.insert(snapshot)
            let references = BlobReferenceTable(transaction: change.transaction)
            for digest in Set(snapshot.files.map(\.digest)) {
                try references.hold(digest, by: "snapshot/\(change.workspace)/\(snapshot.id)")
            }
            try change.record(
                "snapshot.recorded", on: "snapshot/\(snapshot.dataset)/\(snapshot.id)",
                [
                    "ordinal": .integer(saved.ordinal), "files": .integer(Int64(saved.files.count)),
                    "rows": saved.rowCount.map { .integer($0) } ?? .null,
                    "jurisdiction": saved.labels.jurisdiction.map { .string($0) } ?? .null,
                    "classifications": .array(saved.labels.classifications.map { .string($0) }),
                ])
            return saved
        }
    }

    private static func check(_ known: Snapshot, has labels: SnapshotLabels) throws(Problem) {
        guard known.labels == labels else {
            throw Problem(
                .conflict, "tracking.snapshot.labels-differ",
                "These files are recorded already with another jurisdiction or classification.",
                why: "A snapshot is immutable.", fix: "Record it with the same labels, or under another dataset's name.")
        }
    }
}

/// What a snapshot's id is the digest of.
struct SnapshotManifest {
    let id: String
    /// Sorted by name.
    let files: [SnapshotFile]

    init(dataset: String, files: [SnapshotFile]) throws(Problem) {
        try ResourceName.check(dataset, of: "dataset")
        guard (1...SnapshotCatalogue.maximumFiles).contains(files.count) else {
            throw Problem(
                .invalid, "tracking.snapshot.files-count", "\(files.count) files were given.",
                why: "A snapshot has 1 to \(SnapshotCatalogue.maximumFiles).")
        }
        for file in files { _ = try ArtifactPath(file.name) }
        guard Set(files.map(\.name)).count == files.count else {
            throw Problem(.invalid, "tracking.snapshot.files-repeated", "Two files have the same name.", fix: "Name them apart.")
        }
        self.files = files.sorted { $0.name < $1.name }
        let manifest: JSONValue = [
            "dataset": .string(dataset), "version": 1,
            "files": .array(
                self.files.map { ["name": .string($0.name), "digest": .string($0.digest.description), "size": .integer($0.size)] }),
        ]
        id = SHA256.hash(data: try CanonicalJSON.bytes(of: manifest)).lowercaseHexadecimal
    }
}
