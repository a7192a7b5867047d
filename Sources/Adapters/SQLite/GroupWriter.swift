// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import GRDB
import Synchronization

/// How often the writer committed, and how many writes those commits carried.
package struct WriterCounts: Sendable, Equatable {
    package var commits = 0
    /// Writes that are committed; failed ones are not counted.
    package var writes = 0
    /// Writes not yet taken up.
    package var waiting = 0

    package init(commits: Int = 0, writes: Int = 0, waiting: Int = 0) {
        self.commits = commits
        self.writes = writes
        self.waiting = waiting
    }
}

/// The queue before SQLite's single writer.
///
/// While one group is synced to disk, the writes that arrive gather and make the next group, so a sync is shared by all that
/// waited for it. A write that finds the writer idle starts at once; nothing waits for a timer.
final class GroupWriter: Sendable {
    private struct State {
        var waiting: [WaitingWrite] = []
        /// Index of the oldest waiting write; those before it are taken.
        var head = 0
        var isRunning = false
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []
        var counts = WriterCounts()

        var waitingCount: Int { waiting.count - head }

        mutating func take() -> WaitingWrite? {
            guard head < waiting.count else { return nil }
            let write = waiting[head]
            head += 1
            if head == waiting.count || head >= 1024 {
                waiting.removeFirst(head)
                head = 0
            }
            return write
        }
    }

    private let thread: ConnectionThreads
    private let waitingLimit: Int
    private let translation: ErrorTranslation
    private let statements: StatementAdmission
    private let state = Mutex(State())

    init(queue: DatabaseQueue, waitingLimit: Int, translation: ErrorTranslation, statements: StatementAdmission) {
        thread = ConnectionThreads("dhow.sqlite.writer", limit: 1) { queue }
        self.waitingLimit = waitingLimit
        self.translation = translation
        self.statements = statements
    }

    var counts: WriterCounts {
        state.withLock { state in
            var counts = state.counts
            counts.waiting = state.waitingCount
            return counts
        }
    }

    func write<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let write = WaitingWrite(
                perform: { transaction in
                    let value = try body(transaction)
                    return { continuation.resume(returning: value) }
                },
                fail: { continuation.resume(throwing: $0) })
            do {
                try enqueue(write)
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Refuses further writes, finishes those that wait, and closes the connection.
    func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                if state.isRunning { state.closing.append(continuation) }
                return !state.isRunning
            }
            if isIdle { continuation.resume() }
        }
        await thread.close()
    }

    private func enqueue(_ write: WaitingWrite) throws {
        let starts = try state.withLock { state in
            if state.isClosed { throw Problem.databaseClosed }
            if state.waitingCount >= waitingLimit { throw Problem.tooManyWaiting(waitingLimit) }
            state.waiting.append(write)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts {
            thread.submit { access in self.runWaiting(on: access) }
        }
    }

    private func runWaiting(on access: Result<GRDB.Database, any Error>) {
        guard let database = try? access.get() else { return }
        while let write = takeOrRest() {
            let group = WriteGroup(database: database, translation: translation, statements: statements)
            let outcome = group.run(from: write, next: take)
            if outcome.isBlocked {
                // Another process holds the file: those behind would each wait as long again.
                while let waiting = take() { waiting.fail(Problem.databaseLocked) }
            }
            state.withLock { state in
                state.counts.commits += outcome.commits
                state.counts.writes += outcome.writes
            }
            outcome.report()
        }
    }

    private func take() -> WaitingWrite? {
        state.withLock { $0.take() }
    }

    /// The next write, or nil when none waits; then the writer is at rest.
    private func takeOrRest() -> WaitingWrite? {
        let (write, closing) = state.withLock { state -> (WaitingWrite?, [CheckedContinuation<Void, Never>]) in
            if let write = state.take() { return (write, []) }
            state.isRunning = false
            defer { state.closing = [] }
            return (nil, state.closing)
        }
        closing.forEach { $0.resume() }
        return write
    }
}

/// A write with its caller's continuation inside, which `perform`'s result or `fail` resumes, exactly one of them, once.
struct WaitingWrite: Sendable {
    /// Runs the body and returns what hands its result to the caller; it can run again after its effect was undone.
    let perform: @Sendable (any Transaction) throws -> @Sendable () -> Void
    let fail: @Sendable (any Error) -> Void
}
