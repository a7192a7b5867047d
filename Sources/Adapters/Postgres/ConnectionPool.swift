// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Synchronization

/// The connections of one database: opened when needed, kept for the next use, replaced when broken.
final class ConnectionPool: Sendable {
    /// Resumed with a connection to use, or nil for leave to open one.
    private typealias Waiter = CheckedContinuation<PostgresConnection?, any Error>

    private struct State {
        var idle: [PostgresConnection] = []
        var inUse = 0
        var waiting: [Waiter] = []
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    private let url: String
    private let limit: Int
    private let waitingLimit: Int
    private let translation: ErrorTranslation
    private let state = Mutex(State())

    init(url: String, limit: Int, waitingLimit: Int, translation: ErrorTranslation) {
        self.url = url
        self.limit = limit
        self.waitingLimit = waitingLimit
        self.translation = translation
    }

    /// - Throws: `Problem` `.unavailable` when the server cannot be reached or the pool is closed, `.exhausted` when too many wait.
    func take() async throws -> PostgresConnection {
        if let idle = try await leave() { return idle }
        do {
            return try await PostgresConnection.open(url: url, translation: translation)
        } catch {
            release(nil)
            throw error
        }
    }

    func giveBack(_ connection: PostgresConnection) {
        release(connection.isUsable ? connection : nil)
    }

    /// Closes the connections nobody uses: when one is found broken, the server has probably restarted.
    func discardIdle() {
        // Taken out of the lock before they are ended.
        let idle = state.withLock { state in
            defer { state.idle = [] }
            return state.idle
        }
        _ = idle
    }

    /// Refuses further use and returns when the last connection is back and closed.
    func close() async {
        await withCheckedContinuation { continuation in
            let closing = state.withLock { state in
                state.isClosed = true
                state.closing.append(continuation)
                return Self.takeClosingIfIdle(&state)
            }
            closing.forEach { $0.resume() }
        }
    }

    private func leave() async throws -> PostgresConnection? {
        try await withCheckedThrowingContinuation { waiter in
            let answer = state.withLock { state -> Result<PostgresConnection?, any Error>? in
                if state.isClosed { return .failure(Problem.databaseClosed) }
                if state.inUse < limit {
                    state.inUse += 1
                    return .success(state.idle.popLast())
                }
                if state.waiting.count >= waitingLimit { return .failure(Problem.tooManyWaiting(waitingLimit)) }
                state.waiting.append(waiter)
                return nil
            }
            if let answer { waiter.resume(with: answer) }
        }
    }

    private func release(_ connection: PostgresConnection?) {
        let (next, closing) = state.withLock { state -> (Waiter?, [CheckedContinuation<Void, Never>]) in
            if !state.waiting.isEmpty { return (state.waiting.removeFirst(), []) }
            state.inUse -= 1
            if let connection { state.idle.append(connection) }
            return (nil, Self.takeClosingIfIdle(&state))
        }
        next?.resume(returning: connection)
        closing.forEach { $0.resume() }
    }

    private static func takeClosingIfIdle(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard state.isClosed, state.inUse == 0 else { return [] }
        state.idle = []
        defer { state.closing = [] }
        return state.closing
    }
}
