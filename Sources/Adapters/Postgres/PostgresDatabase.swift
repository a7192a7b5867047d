// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
package import Logging

/// A database on a Postgres server (14 or later), shared by any number of our processes.
///
/// Writes are serializable and run again after a conflict; reads are repeatable and read-only.
package final class PostgresDatabase: Database {
    package let engine = DatabaseEngine.postgres
    private let pool: ConnectionPool
    private let turns = NamedTurns()
    private let translation: ErrorTranslation

    /// Most times a write is begun before a conflict becomes `Problem` `.unavailable`.
    private static let conflictLimit = 25
    /// Most times a transaction is begun when connections break before its commit was sent.
    private static let connectionLimit = 3

    /// Connects with the first read or write, not here.
    ///
    /// - Parameter url: `postgres://user:password@host:port/database?…`, as libpq reads it.
    /// - Parameter connections: Most connections open at once; reads and writes beyond them wait.
    /// - Throws: `Problem` `.invalid` when libpq cannot read the URL.
    package init(url: String, connections: Int = 8, logger: Logger = Logger(label: "dhow.database")) throws {
        precondition(connections > 0, "A pool has at least one connection.")
        translation = ErrorTranslation(logger: logger)
        try PostgresConnection.check(url: url)
        pool = ConnectionPool(url: url, limit: connections, waitingLimit: 10_000, translation: translation)
    }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await run(Passage(isWrite: false, lockKey: nil, translation: translation, body: body))
    }

    @discardableResult
    package func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        let passage = Passage(isWrite: true, lockKey: lock.map(AdvisoryLock.key), translation: translation, body: body)
        guard let lock else { return try await run(passage) }
        // Those of this process wait here, so that one lock keeps at most one connection waiting at the server.
        return try await turns.withTurn(at: "lock \(lock)") { try await run(passage) }
    }

    package func close() async {
        await pool.close()
    }

    private func run<Result: Sendable>(_ passage: Passage<Result>) async throws -> Result {
        var lost = 0
        while true {
            switch try await once(passage) {
            case .done(let result): return result
            case .connectionLost(let problem):
                lost += 1
                pool.discardIdle()
                if lost >= Self.connectionLimit { throw problem }
            case .conflict:
                return try await runAfterConflict(passage)
            }
        }
    }

    /// Writes that met a conflict take turns, so that they no longer conflict with each other and each gets through.
    private func runAfterConflict<Result: Sendable>(_ passage: Passage<Result>) async throws -> Result {
        try await turns.withTurn(at: "conflict") {
            for attempt in 2...Self.conflictLimit {
                let most = min(250.0, Double(1 << min(attempt, 10)))
                // In a cancelled task this does not wait, and the write still gets its attempts.
                try? await Task.sleep(for: .milliseconds(Double.random(in: 0...most)))
                switch try await once(passage) {
                case .done(let result): return result
                case .connectionLost(let problem):
                    pool.discardIdle()
                    if attempt == Self.conflictLimit { throw problem }
                case .conflict: continue
                }
            }
            throw Problem(
                .unavailable, "database.write.contended", "Other writes kept changing what this write had read.",
                why: "It was begun \(Self.conflictLimit) times.", fix: "Try again in a few seconds.")
        }
    }

    private func once<Result: Sendable>(_ passage: Passage<Result>) async throws -> Passage<Result>.Outcome {
        let connection = try await pool.take()
        do {
            let outcome = try await connection.onOwnThread { try passage.run(on: connection) }
            pool.giveBack(connection)
            return outcome
        } catch {
            pool.giveBack(connection)
            throw error
        }
    }
}
