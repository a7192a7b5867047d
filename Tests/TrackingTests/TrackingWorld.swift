// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Synchronization
import TestSupport
import Tracking

/// A fresh installation of tracking, with a clock moved by hand and blobs in memory of the disk.
struct TrackingWorld: Sendable {
    let governor: Governor
    let clock: HandClock
    let blobs: LocalBlobStore
    let caller = Caller.controller("tests", in: "default")

    var experiments: ExperimentTracking { ExperimentTracking(governor: governor) }
    var runs: RunTracking { RunTracking(governor: governor) }
    var models: LoggedModelTracking { LoggedModelTracking(governor: governor) }
    var artifacts: ArtifactStore { ArtifactStore(governor: governor, blobs: blobs) }
    var traces: TraceTracking { TraceTracking(governor: governor) }
    var evaluationDatasets: EvaluationDatasetTracking { EvaluationDatasetTracking(governor: governor) }
    var uploads: ArtifactUploads { ArtifactUploads(governor: governor, blobs: blobs) }
    var snapshots: SnapshotCatalogue { SnapshotCatalogue(governor: governor, blobs: blobs) }

    static func with<Result>(_ engine: TestDatabase, _ body: (TrackingWorld) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tracking-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let migrations = [
            GovernanceMigrations.list, LedgerMigrations.list, BlobMigrations.list, TrackingMigrations.list, LineageMigrations.list,
            TraceMigrations.list, ArtifactUploadMigrations.list, EvaluationDatasetMigrations.list, ImportMigrations.list,
        ]
        return try await engine.withDatabase(migrations) { database in
            let clock = HandClock()
            let vault = try KeyFileVault(path: folder + "/keys.json", clock: clock)
            let world = TrackingWorld(
                governor: Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock)), clock: clock,
                blobs: try await LocalBlobStore(folder: folder + "/blobs", vault: vault, clock: clock))
            return try await body(world)
        }
    }

    /// A run in an experiment of its own.
    func newRun(_ name: String = "run") async throws -> Run {
        let experiment = try await experiments.create("experiment of \(name) \(governor.identifiers.next())", by: caller)
        return try await runs.create(in: experiment.id, name: name, by: caller)
    }

    func put(_ text: String) async throws -> BlobInfo {
        try await blobs.put(Chunks([Array(text.utf8)]), limit: 1 << 30)
    }

    /// Verbs in the ledger, in the order they were written.
    func verbs() async throws -> [String] {
        try await governor.database.read { try $0.rows("SELECT verb FROM ledger_entry ORDER BY id").map { try $0["verb"] } }
    }
}

final class HandClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }

    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// Chunks as a stream.
struct Chunks: AsyncSequence, Sendable {
    let chunks: [[UInt8]]

    init(_ chunks: [[UInt8]]) { self.chunks = chunks }

    func makeAsyncIterator() -> Iterator { Iterator(rest: chunks[...]) }

    struct Iterator: AsyncIteratorProtocol {
        var rest: ArraySlice<[UInt8]>

        mutating func next() async throws -> [UInt8]? { rest.popFirst() }
    }
}

func bytes(of content: BlobContent) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await chunk in content.bytes { bytes += chunk }
    return bytes
}
