// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Synchronization

/// Counts the reads that run or wait, so that they have a bound and closing can wait for the last.
final class ReaderCount: Sendable {
    private struct State {
        var count = 0
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []

        mutating func takeClosingIfIdle() -> [CheckedContinuation<Void, Never>] {
            guard count == 0 else { return [] }
            defer { closing = [] }
            return closing
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// - Throws: `Problem` `.exhausted` at the bound, `.unavailable` after closing.
    func enter() throws {
        try state.withLock { state in
            if state.isClosed { throw Problem.databaseClosed }
            if state.count >= limit { throw Problem.tooManyWaiting(limit) }
            state.count += 1
        }
    }

    func leave() {
        let closing = state.withLock { state in
            state.count -= 1
            return state.takeClosingIfIdle()
        }
        closing.forEach { $0.resume() }
    }

    /// Refuses further reads and returns when none is left.
    func close() async {
        await withCheckedContinuation { continuation in
            let closing = state.withLock { state in
                state.isClosed = true
                state.closing.append(continuation)
                return state.takeClosingIfIdle()
            }
            closing.forEach { $0.resume() }
        }
    }
}
