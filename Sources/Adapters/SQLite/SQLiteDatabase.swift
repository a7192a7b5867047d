// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Foundation
import GRDB
package import Logging

/// A database in one file, in WAL mode with full sync; several processes may open the same file.
///
/// Reads run side by side on snapshots, short ones on the caller's thread. All writes go through one writer, which commits those that wait together.
package final class SQLiteDatabase: Backends.Database {
    package let engine = DatabaseEngine.sqlite
    private let writer: GroupWriter
    private let threads: ConnectionThreads
    private let lookups: LookupConnections
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
        let file = DatabaseFile(path: path, busySeconds: busySeconds)
        do {
            writer = GroupWriter(
                queue: try file.openForWriting(), waitingLimit: Self.waitingLimit, translation: translation, statements: statements)
        } catch {
            throw translation.openingProblem(error, path: path)
        }
        threads = ConnectionThreads("dhow.sqlite.reader", limit: 8) { try file.openForReading() }
        lookups = LookupConnections(limit: 4) { try file.openForReading() }
        readers = ReaderCount(limit: Self.waitingLimit)
    }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try readers.enter()
        defer { readers.leave() }
        return try await readOnThread(body)
    }

    package func lookUp<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try readers.enter()
        defer { readers.leave() }
        let found = try translation.translating { try lookups.run { try runOnSnapshot(of: $0, body) } }
        if let found { return found }
        return try await readOnThread(body)
    }

    private func readOnThread<Result: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            threads.submit { [self] access in
                continuation.resume(
                    with: Swift.Result {
                        let database = try translation.translating { try access.get() }
                        return try runOnSnapshot(of: database, body)
                    })
            }
        }
    }

    /// Runs `body` in a transaction that only reads, as its connection does.
    private func runOnSnapshot<Result>(of database: GRDB.Database, _ body: (any Transaction) throws -> Result) throws -> Result {
        func control(_ sql: String) throws {
            try translation.translating { _ = try PreparedStatement(try database.cachedStatement(sql: sql), on: database).run([]) }
        }
        try control("BEGIN DEFERRED")
        // Nothing was written, so however it ends is the same; a failure may have ended it already.
        defer { if database.isInsideTransaction { try? control("COMMIT") } }
        let transaction = SQLiteTransaction(database: database, translation: translation, statements: statements)
        let value = try body(transaction)
        try transaction.requireIntact()
        return value
    }

    /// `lock` adds nothing here: there is one writer at a time, over all processes.
    @discardableResult
    package func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await writer.write(body)
    }

    package func close() async {
        await readers.close()
        await threads.close()
        lookups.close()
        // Last, as the last connection that closes moves what is in the journal to the file, which one that only reads cannot.
        await writer.close()
    }

    /// What the writer has done since the file was opened.
    package var writerCounts: WriterCounts { writer.counts }
}
