// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Synchronization

/// The queue between answers and the prediction table. Answers never wait for it: what it cannot take is dropped, and counted.
///
/// Rows are in the table at most about 100 ms after their answer, unless the database is slow or away; then they are kept and tried
/// again, up to the queue's bound.
package final class PredictionLog: Sendable {
    /// What became of the rows since the process started.
    package struct Counts: Sendable, Equatable {
        package var offered = 0
        /// Left out on purpose, by the fraction that the endpoint's settings state.
        package var leftOut = 0
        package var written = 0
        /// Not logged: the queue was full, the log was closed, or the database refused them for good.
        package var dropped = 0
        package var waiting = 0
    }

    private struct State {
        var waiting: [AnsweredRequest] = []
        var waitingValues = 0
        var counts = Counts()
        var isClosed = false
        /// Whether someone is writing; rows taken out by them are still waiting.
        var isFlushing = false
        var flushWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private static let maximumRows = 100_000
    /// Of all waiting tensors together: 20 million, at most about 160 MB of numbers.
    private static let maximumValues = 20_000_000
    private static let rowsPerWrite = 2_000
    private static let linger = Duration.milliseconds(100)
    private static let lingerStep = Duration.milliseconds(20)
    private static let retryDelay = Duration.milliseconds(500)

    private let database: any Database
    private let clock: any Clock<Duration>
    private let observe: @Sendable (Counts) -> Void
    private let state = Mutex(State())
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    /// - Parameter observe: Told the counts after each write and each drop; quick, and from any thread.
    package init(
        database: any Database, clock: any Clock<Duration> = ContinuousClock(), observe: @escaping @Sendable (Counts) -> Void = { _ in }
    ) {
        self.database = database
        self.clock = clock
        self.observe = observe
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    package var counts: Counts { state.withLock { $0.counts } }

    /// Takes the rows or drops them; returns at once.
    func offer(_ request: AnsweredRequest) {
        let values = request.values
        let (wakes, drops) = state.withLock { state -> (Bool, Counts?) in
            state.counts.offered += request.rows
            let fits = state.counts.waiting + request.rows <= Self.maximumRows && state.waitingValues + values <= Self.maximumValues
            guard fits, !state.isClosed else {
                state.counts.dropped += request.rows
                return (false, state.counts)
            }
            let wasEmpty = state.waiting.isEmpty
            state.waiting.append(request)
            state.waitingValues += values
            state.counts.waiting += request.rows
            return (wasEmpty, nil)
        }
        if let drops { observe(drops) }
        if wakes { waker.yield() }
    }

    /// Ends `run` after a last write.
    package func stop() {
        waker.finish()
    }

    /// Writes until `stop` or until its task is cancelled; then refuses further rows and writes what waits. Call it once.
    package func run() async {
        for await _ in wakes {
            // Rows that come within a moment share a transaction, and so a sync.
            var lingered = Duration.zero
            while lingered < Self.linger, counts.waiting < Self.rowsPerWrite, !Task.isCancelled {
                try? await clock.sleep(for: Self.lingerStep)
                lingered += Self.lingerStep
            }
            while await !flush(), !Task.isCancelled { try? await clock.sleep(for: Self.retryDelay) }
        }
        state.withLock { $0.isClosed = true }
        if await !flush() { dropAll() }
    }

    /// Writes what waits now.
    ///
    /// - Returns: False when the database did not take it for now; the rows are kept.
    @discardableResult
    package func flush() async -> Bool {
        await beginFlush()
        defer { endFlush() }
        while true {
            let batch = takeBatch()
            guard !batch.isEmpty else { return true }
            let rows = batch.reduce(0) { $0 + $1.rows }
            let logged = batch.reduce(0) { $0 + $1.loggedRows }
            var encoder = PredictionRowEncoder(rows: logged)
            for request in batch { encoder.append(request) }
            let arguments = encoder.arguments
            do {
                try await database.write { try PredictionTable(transaction: $0).insert(arguments: arguments) }
                account(for: batch, written: logged, leftOut: rows - logged, dropped: 0)
            } catch let problem as Problem where [.unavailable, .exhausted, .storageFull].contains(problem.kind) {
                putBack(batch)
                return false
            } catch {
                account(for: batch, written: 0, leftOut: rows - logged, dropped: logged)
            }
        }
    }

    /// Whole requests, of `rowsPerWrite` rows together or the first alone; they count as waiting until they are accounted for.
    private func takeBatch() -> [AnsweredRequest] {
        state.withLock { state in
            var count = 0
            var rows = 0
            while count < state.waiting.count, count == 0 || rows + state.waiting[count].rows <= Self.rowsPerWrite {
                rows += state.waiting[count].rows
                count += 1
            }
            let batch = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            return batch
        }
    }

    private func putBack(_ batch: [AnsweredRequest]) {
        state.withLock { $0.waiting.insert(contentsOf: batch, at: 0) }
    }

    private func account(for batch: [AnsweredRequest], written: Int, leftOut: Int = 0, dropped: Int) {
        let counts = state.withLock { state in
            state.counts.written += written
            state.counts.dropped += dropped
            state.counts.leftOut += leftOut
            state.counts.waiting -= written + leftOut + dropped
            state.waitingValues -= batch.reduce(0) { $0 + $1.values }
            return state.counts
        }
        observe(counts)
    }

    private func dropAll() {
        let batch = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        account(for: batch, written: 0, dropped: batch.reduce(0) { $0 + $1.rows })
    }

    private func beginFlush() async {
        await withCheckedContinuation { continuation in
            let isMine = state.withLock { state in
                if state.isFlushing {
                    state.flushWaiters.append(continuation)
                    return false
                }
                state.isFlushing = true
                return true
            }
            if isMine { continuation.resume() }
        }
    }

    /// Hands the turn to the next one waiting for it.
    private func endFlush() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.flushWaiters.isEmpty {
                state.isFlushing = false
                return nil
            }
            return state.flushWaiters.removeFirst()
        }
        next?.resume()
    }
}
