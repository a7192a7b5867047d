// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import GRDB
package import Logging

/// A database file of someone else, opened for reading only: nothing of it is changed, not even how it keeps its journal.
package final class SQLiteReader: Backends.Database {
    package let engine = DatabaseEngine.sqlite
    private let queue: DatabaseQueue
    private let translation: ErrorTranslation
    private let statements = StatementAdmission(limit: 100)

    /// - Throws: `Problem` `.unavailable` when the file is absent or no database.
    package init(path: String, busySeconds: Double = 10, logger: Logger = Logger(label: "dhow.database")) throws {
        translation = ErrorTranslation(logger: logger)
        var configuration = Configuration()
        configuration.label = "dhow.sqlite.reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(busySeconds)
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw translation.openingProblem(error, path: path)
        }
    }

    package func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await queue.read { [translation, statements] database in
            let transaction = SQLiteTransaction(database: database, translation: translation, statements: statements)
            let value = try body(transaction)
            try transaction.requireIntact()
            return value
        }
    }

    package func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        throw Problem(.invalid, "database.reader.write", "This database was opened for reading only.")
    }

    package func close() async {
        do { try queue.close() } catch { translation.logger.warning("The database file was not closed: \(error)") }
    }
}
