// SPDX-License-Identifier: Apache-2.0

import GRDB
import Synchronization

/// Connections for reads so short that they run on the caller's thread.
final class LookupConnections: Sendable {
    private struct State {
        var idle: [DatabaseQueue] = []
        var opened = 0
        var isClosed = false
    }

    private let limit: Int
    private let open: @Sendable () throws -> DatabaseQueue
    private let state = Mutex(State())

    init(limit: Int, open: @escaping @Sendable () throws -> DatabaseQueue) {
        self.limit = limit
        self.open = open
    }

    /// Runs `body` with a connection of its own; nil when all are in use.
    func run<Result>(_ body: (GRDB.Database) throws -> Result) throws -> Result? {
        guard let queue = try take() else { return nil }
        defer { giveBack(queue) }
        return try queue.unsafeReentrantRead(body)
    }

    /// Nothing may run any more.
    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for queue in idle { try? queue.close() }
    }

    private func take() throws -> DatabaseQueue? {
        let (queue, opens) = state.withLock { state -> (DatabaseQueue?, Bool) in
            if let queue = state.idle.popLast() { return (queue, false) }
            guard state.opened < limit, !state.isClosed else { return (nil, false) }
            state.opened += 1
            return (nil, true)
        }
        guard opens else { return queue }
        do {
            return try open()
        } catch {
            state.withLock { $0.opened -= 1 }
            throw error
        }
    }

    private func giveBack(_ queue: DatabaseQueue) {
        state.withLock { $0.idle.append(queue) }
    }
}
