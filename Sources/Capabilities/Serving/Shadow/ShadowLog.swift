// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Synchronization

/// The queue between mirrored answers and their table; bounded as the prediction log is, and what it drops it counts.
package final class ShadowLog: Sendable {
    private static let maximumRows = 50_000
    private static let rowsPerStatement = 100
    private static let interval = Duration.milliseconds(100)

    private struct State {
        var waiting: [ShadowPrediction] = []
        var dropped = 0
    }

    private let database: any Database
    private let state = Mutex(State())

    package init(database: any Database) {
        self.database = database
    }

    package var dropped: Int { state.withLock { $0.dropped } }

    func offer(_ rows: [ShadowPrediction]) {
        state.withLock { state in
            guard state.waiting.count + rows.count <= Self.maximumRows else {
                state.dropped += rows.count
                return
            }
            state.waiting += rows
        }
    }

    /// Writes ten times a second until its task is cancelled, then once more.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            await flush()
        }
        await flush()
    }

    /// Writes what waits; it is kept when the database does not take it now.
    package func flush() async {
        let rows = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        guard !rows.isEmpty else { return }
        do {
            try await database.write { transaction in
                for start in stride(from: 0, to: rows.count, by: Self.rowsPerStatement) {
                    try ShadowTable(transaction: transaction).insert(rows[start..<min(start + Self.rowsPerStatement, rows.count)])
                }
            }
        } catch {
            state.withLock { state in
                let room = max(0, Self.maximumRows - state.waiting.count)
                state.dropped += max(0, rows.count - room)
                state.waiting.insert(contentsOf: rows.suffix(room), at: 0)
            }
        }
    }
}
