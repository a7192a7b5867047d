// SPDX-License-Identifier: Apache-2.0

package import Backends
import Dispatch
import Domain
import Foundation
import GRDB
package import Logging

/// A database in one file, in WAL mode with full sync; several processes may open the same file.
///
/// Reads run side by side on snapshots. All writes go through one writer, which commits those that wait together.
package final class SQLiteDatabase: Backends.Database {
    package let engine = DatabaseEngine.sqlite
    private let pool: DatabasePool
    private let writer: GroupWriter
    private let readers: ReaderCount
    private let translation: ErrorTranslation
    private let statements = StatementAdmission(limit: 1000)

    /// Most reads or writes that may wait; one more is refused with `Problem` `.exhausted`.
    private static let waitingLimit = 10_000

    /// Opens the file, making it when absent.
    ///
    /// - Parameter busySeconds: How long a write waits for another process that is writing.
    /// - Throws: `Problem` `.unavailable` when the file cannot be opened or is no database.
    package init(path: String, busySeconds: Double = 10, logger: Logger = Logger(label: "dhow.database")) throws {
        translation = ErrorTranslation(logger: logger)
        do {
            pool = try Self.openPool(path: path, busySeconds: busySeconds)
        } catch {
            throw translation.openingProblem(error, path: path)
        }
        writer = GroupWriter(pool: pool, waitingLimit: Self.waitingLimit, translation: translation, statements: statements)
        readers = ReaderCount(limit: Self.waitingLimit)
    }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try readers.enter()
        defer { readers.leave() }
        return try await withCheckedThrowingContinuation { continuation in
            pool.asyncRead { [translation, statements] access in
                continuation.resume(
                    with: Swift.Result {
                        let database = try translation.translating { try access.get() }
                        let transaction = SQLiteTransaction(database: database, translation: translation, statements: statements)
                        let value = try body(transaction)
                        try transaction.requireIntact()
                        return value
                    })
            }
        }
    }

    /// `lock` adds nothing here: there is one writer at a time, over all processes.
    @discardableResult
    package func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await writer.write(body)
    }

    package func close() async {
        await writer.close()
        await readers.close()
        await withCheckedContinuation { continuation in
            // Waits for the last reader connection to be given back, which may come a moment after its result.
            DispatchQueue.global().async { [pool, translation] in
                do { try pool.close() } catch { translation.logger.warning("The database file was not closed: \(error)") }
                continuation.resume()
            }
        }
    }

    /// What the writer has done since the file was opened.
    package var writerCounts: WriterCounts { writer.counts }

    private static func openPool(path: String, busySeconds: Double) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "dhow.sqlite"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busySeconds)
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { $0.add(function: PatternFunction.make()) }
        var attempt = 1
        while true {
            do {
                let pool = try DatabasePool(path: path, configuration: configuration)
                // GRDB sets NORMAL when it opens a pool, so this comes after; NORMAL could lose acknowledged writes with the power.
                try pool.writeWithoutTransaction { database in
                    try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")
                }
                return pool
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && attempt < 20 {
                // Two processes that switch a new file to WAL at once: SQLite answers one of them without waiting.
                attempt += 1
                Thread.sleep(forTimeInterval: .random(in: 0.01...0.05))
            }
        }
    }
}
