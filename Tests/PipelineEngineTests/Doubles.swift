// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import Pipelines
import Synchronization

final class HandClock: WallClock {
    private let time = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }
    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// A clock on which every pause is a fiftieth as long.
struct HurriedClock: Clock {
    private let clock = ContinuousClock()

    var now: ContinuousClock.Instant { clock.now }
    var minimumResolution: Duration { clock.minimumResolution }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        let now = clock.now
        try await clock.sleep(until: now + (deadline - now) / 50, tolerance: nil)
    }
}

/// A clock on which no pause ever ends: a worker with it renews nothing.
struct StoppedClock: Clock {
    private let clock = ContinuousClock()

    var now: ContinuousClock.Instant { clock.now }
    var minimumResolution: Duration { clock.minimumResolution }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try await clock.sleep(for: .seconds(86_400))
    }
}

/// What a worker complained of.
final class Complaints: Sendable {
    private let all = Mutex<[String]>([])

    var count: Int { all.withLock { $0.count } }
    var codes: [String] { all.withLock { $0 } }

    func add(_ execution: String, _ error: any Error) {
        all.withLock { $0.append((error as? Problem)?.code ?? "\(error)") }
    }
}

/// A real store that refuses some of the next writes.
final class FlakyBlobs: BlobStore {
    private let store: LocalBlobStore
    private let refusals = Mutex(0)

    init(_ store: LocalBlobStore) {
        self.store = store
    }

    func refuse(next count: Int) { refusals.withLock { $0 = count } }

    func put(_ bytes: some AsyncSequence<[UInt8], any Error> & Sendable, limit: Int64) async throws -> BlobInfo {
        let refuses = refusals.withLock { count in
            defer { count = max(0, count - 1) }
            return count > 0
        }
        if refuses { throw Problem(.unavailable, "test.store.away", "The store does not answer.") }
        return try await store.put(bytes, limit: limit)
    }

    func get(_ digest: BlobDigest, range: Range<Int64>?) async throws -> BlobContent { try await store.get(digest, range: range) }
    func info(_ digest: BlobDigest) async throws -> BlobInfo? { try await store.info(digest) }
    func delete(_ digest: BlobDigest) async throws { try await store.delete(digest) }
    func list(after digest: BlobDigest?, limit: Int) async throws -> [BlobInfo] { try await store.list(after: digest, limit: limit) }
}

struct Chunks: AsyncSequence, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: [UInt8]?

        mutating func next() async throws -> [UInt8]? {
            defer { rest = nil }
            return rest
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: Array(text.utf8)) }
}

struct NoModels: ModelDirectory {
    func version(of model: String, alias: String, in workspace: String) async throws -> (version: Int, files: [String: BlobDigest])? { nil }
}

/// An alias that can be moved.
final class MovingModel: ModelDirectory {
    private let current: Mutex<(version: Int, files: [String: BlobDigest])>

    init(_ version: Int, _ digest: BlobDigest) {
        current = Mutex((version, ["model.bin": digest]))
    }

    func move(to version: Int, _ digest: BlobDigest) { current.withLock { $0 = (version, ["model.bin": digest]) } }

    func version(of model: String, alias: String, in workspace: String) async throws -> (version: Int, files: [String: BlobDigest])? {
        current.withLock { $0 }
    }
}

/// Answers with what was set last, and counts how often it was asked.
final class ScriptedHandler: StepHandler {
    /// Yields each time it is asked.
    let asked: AsyncStream<Void>
    private let ask: AsyncStream<Void>.Continuation
    private let state: Mutex<(answer: HandledOutcome, works: [HandledStep])>

    init(_ answer: HandledOutcome) {
        state = Mutex((answer, []))
        (asked, ask) = AsyncStream.makeStream()
    }

    var works: [HandledStep] { state.withLock { $0.works } }

    func answer(_ outcome: HandledOutcome) { state.withLock { $0.answer = outcome } }

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        defer { ask.yield() }
        return state.withLock { state in
            state.works.append(work)
            return state.answer
        }
    }
}

/// A named pipe: how a test and a step wait for each other without sleeping.
struct Fifo: Sendable {
    let path: String

    init(_ path: String) {
        self.path = path
        precondition(mkfifo(path, 0o600) == 0, "A test's pipe can be made.")
    }

    /// Returns when a step has written a line, or every process that had the pipe open for writing has ended.
    func line() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [path] in
                let descriptor = open(path, O_RDONLY)
                defer { close(descriptor) }
                var byte: UInt8 = 0
                while read(descriptor, &byte, 1) == 1, byte != 10 {}
                continuation.resume()
            }
        }
    }

    /// Lets a step that reads the pipe go on, whether it reads already or not yet.
    func release() async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [path] in
                let descriptor = open(path, O_WRONLY)
                write(descriptor, "\n", 1)
                close(descriptor)
                continuation.resume()
            }
        }
    }
}

/// Throws that something is away, some times.
final class AwayHandler: StepHandler {
    private let times: Mutex<Int>

    init(times: Int) {
        self.times = Mutex(times)
    }

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        let isAway = times.withLock { count in
            defer { count = max(0, count - 1) }
            return count > 0
        }
        if isAway { throw Problem(.unavailable, "test.away", "Nobody is there.") }
        return .done(["approval": .value("yes")])
    }
}
