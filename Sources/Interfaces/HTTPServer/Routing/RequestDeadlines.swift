// SPDX-License-Identifier: Apache-2.0

import Domain
import Synchronization

/// Ends requests that take longer than they may, also because their body comes too slowly.
///
/// A request costs two short locks; one loop, `run()`, looks at all of them every second. So a limit holds to within a second.
package final class RequestDeadlines: Sendable {
    private struct Pending {
        var until: ContinuousClock.Instant
        var cancel: @Sendable () -> Void
        var hasExpired = false
    }

    private struct State {
        var next = 0
        var pending: [Int: Pending] = [:]
    }

    private let state = Mutex(State())
    private let clock = ContinuousClock()
    private let interval: Duration

    package init(interval: Duration = .seconds(1)) {
        self.interval = interval
    }

    /// Looks for requests whose time is over until its task is cancelled.
    package func run() async throws {
        while true {
            try await Task.sleep(for: interval)
            expire(at: clock.now)
        }
    }

    /// - Throws: `Problem` `.unavailable` when the time was over before `body` ended; else what `body` throws.
    package func limit<Result: Sendable>(to limit: Duration, _ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let task = Task { try await body() }
        let number = enter(until: clock.now + limit) { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        guard leave(number) else { return try result.get() }
        throw Problem(
            .unavailable, "request.time.exceeded", "The request took longer than \(limit.components.seconds) s, the time it has here.",
            why: "Either its body came too slowly, or the server is overloaded. What it was to do may have been done.",
            fix: "Repeat it with the same Idempotency-Key, or send less at once.")
    }

    private func enter(until: ContinuousClock.Instant, cancel: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.next += 1
            state.pending[state.next] = Pending(until: until, cancel: cancel)
            return state.next
        }
    }

    /// - Returns: Whether its time was over.
    private func leave(_ number: Int) -> Bool {
        state.withLock { $0.pending.removeValue(forKey: number)?.hasExpired ?? false }
    }

    /// O(requests in flight).
    private func expire(at now: ContinuousClock.Instant) {
        let over = state.withLock { state in
            let over = state.pending.filter { !$0.value.hasExpired && $0.value.until <= now }
            for number in over.keys { state.pending[number]?.hasExpired = true }
            return over.values.map(\.cancel)
        }
        for cancel in over { cancel() }
    }
}
