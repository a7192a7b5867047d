// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Governance
import Synchronization
import TestSupport
import Tracking

@testable import Registry

/// An installation whose clock is moved by hand, day by day.
struct RetentionWorld: Sendable {
    let governor: Governor
    let clock: DayClock
    let blobs: LocalBlobStore
    let caller = Caller.controller("tests", in: "default")

    var retention: Retention { Retention(governor: governor) }
    var experiments: ExperimentTracking { ExperimentTracking(governor: governor) }
    var runs: RunTracking { RunTracking(governor: governor) }
    var models: LoggedModelTracking { LoggedModelTracking(governor: governor) }
    var traces: TraceTracking { TraceTracking(governor: governor) }
    var registry: ModelRegistry { ModelRegistry(governor: governor, blobs: blobs) }
    var artifacts: ArtifactStore { ArtifactStore(governor: governor, blobs: blobs) }

    static func with<Result>(_ engine: TestDatabase, _ body: (RetentionWorld) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "retention-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let migrations = [
            GovernanceMigrations.list, LedgerMigrations.list, BlobMigrations.list, TrackingMigrations.list, LineageMigrations.list,
            RegistryMigrations.list, TraceMigrations.list, ImportMigrations.list,
        ]
        return try await engine.withDatabase(migrations) { database in
            let clock = DayClock()
            let vault = try KeyFileVault(path: folder + "/keys.json", clock: clock)
            let world = RetentionWorld(
                governor: Governor(database: database, clock: clock, identifiers: IdentifierSource(clock: clock)), clock: clock,
                blobs: try await LocalBlobStore(folder: folder + "/blobs", vault: vault, clock: clock))
            return try await body(world)
        }
    }

    /// A finished run with a point, a param and a file.
    func run(in experiment: Int64, _ text: String = "bytes") async throws -> Run {
        let run = try await runs.create(in: experiment, name: "run", by: caller)
        try await runs.log(RunBatch(params: [Tag("a", "b")], metrics: [Metric("loss", 1, time: clock.now())]), on: run.id, by: caller)
        try await put(text, "\(experiment)/\(run.id)/artifacts/file.txt")
        return try await runs.update(run.id, status: .finished, ended: clock.now(), by: caller)
    }

    func put(_ text: String, _ path: String) async throws {
        let bytes = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield(Array(text.utf8))
            continuation.finish()
        }
        _ = try await artifacts.put(bytes, at: try ArtifactPath(path), by: caller)
    }

    func keep(
        _ experiment: Int64? = nil, deleted: Int64? = nil, unreferred: Int64? = nil, traces: Int64? = nil
    ) async throws {
        let policy = RetentionPolicy(experiment: experiment, deletedDays: deleted, unreferredDays: unreferred, traceDays: traces)
        _ = try await retention.set(policy, by: caller)
    }

    func exists(_ run: Run) async throws -> Bool { try await count("run", "id = '\(run.id)'") == 1 }

    func count(_ table: String, _ condition: String = "1 = 1") async throws -> Int {
        try await governor.database.read {
            try $0.row("SELECT COUNT(*) AS count FROM \(table) WHERE \(condition)").map { try $0["count"] } ?? 0
        }
    }

    /// Payloads of ledger entries with a verb, the oldest first.
    func entries(_ verb: String) async throws -> [JSONValue] {
        try await governor.database.read { transaction in
            try transaction.rows("SELECT payload FROM ledger_entry WHERE verb = ? ORDER BY id", verb).map { row in
                let text: String = try row["payload"]
                return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
            }
        }
    }
}

final class DayClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }

    func pass(days: Int64) { time.withLock { $0 = $0 + .seconds(days * 86_400) } }
}

/// A clock whose sleeps end when a test says so.
final class TurnClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Swift.Duration

        func advanced(by duration: Swift.Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Swift.Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    let now = Instant(offset: .zero)
    let minimumResolution = Swift.Duration.zero
    private let slept: AsyncStream<Swift.Duration>.Continuation
    private let turns: AsyncStream<Void>
    /// How long each sleep was to be.
    let sleeps: AsyncStream<Swift.Duration>
    let turn: AsyncStream<Void>.Continuation

    init() {
        (sleeps, slept) = AsyncStream<Swift.Duration>.makeStream()
        (turns, turn) = AsyncStream<Void>.makeStream()
    }

    func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws {
        slept.yield(deadline.offset)
        for await _ in turns { return }
        throw CancellationError()
    }
}
