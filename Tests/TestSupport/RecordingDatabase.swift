// SPDX-License-Identifier: Apache-2.0

package import Backends
import Synchronization

/// Passes everything on to a database and keeps the reading statements.
package final class RecordingDatabase: Database {
    private let database: any Database
    private let recorded = Mutex<[(sql: String, values: [DatabaseValue])]>([])

    package init(_ database: any Database) { self.database = database }

    package var engine: DatabaseEngine { database.engine }
    /// In the order they were run, since `forget`.
    package var statements: [(sql: String, values: [DatabaseValue])] { recorded.withLock { $0 } }

    package func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await database.read { transaction in
            try body(RecordingTransaction(transaction: transaction) { sql, values in self.recorded.withLock { $0.append((sql, values)) } })
        }
    }

    package func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try await database.write(locking: lock, body)
    }

    package func forget() { recorded.withLock { $0 = [] } }

    package func close() async { await database.close() }
}

extension RecordingDatabase {
    /// How SQLite would run the statement, a line for each of its steps.
    package func plan(of sql: String, _ values: [DatabaseValue]) async throws -> [String] {
        try await database.read { try $0.rows("EXPLAIN QUERY PLAN " + sql, values: values).map { try $0["detail"] } }
    }
}

private struct RecordingTransaction: Transaction {
    let transaction: any Transaction
    let record: (String, [DatabaseValue]) -> Void

    var engine: DatabaseEngine { transaction.engine }

    func execute(_ sql: String, values: [DatabaseValue]) throws -> Int { try transaction.execute(sql, values: values) }

    func insert(into target: String, rows: [[DatabaseValue]], _ ending: String) throws {
        try transaction.insert(into: target, rows: rows, ending)
    }

    func forEachRow(_ sql: String, values: [DatabaseValue], _ body: (Row) throws -> Void) throws {
        record(sql, values)
        try transaction.forEachRow(sql, values: values, body)
    }

    func attempt<Result>(_ body: () throws -> Result) throws -> Result { try transaction.attempt(body) }
}
