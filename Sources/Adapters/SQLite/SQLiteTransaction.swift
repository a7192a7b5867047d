// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation
import GRDB

/// One write inside its group, or one read on its snapshot.
final class SQLiteTransaction: Backends.Transaction {
    let engine = DatabaseEngine.sqlite
    /// The first failure that no `attempt` has undone; nothing runs after it.
    private(set) var failure: (any Error)?
    private let database: GRDB.Database
    private let translation: ErrorTranslation
    private let statements: StatementAdmission
    /// SQL of the results being read: a statement in use cannot be used again within itself.
    private var running: [String] = []
    private var depth = 0

    init(database: GRDB.Database, translation: ErrorTranslation, statements: StatementAdmission) {
        self.database = database
        self.translation = translation
        self.statements = statements
    }

    func execute(_ sql: String, values: [Backends.DatabaseValue]) throws -> Int {
        try checking {
            try PreparedStatement(try statement(sql), on: database).run(values)
        }
    }

    func insert(into target: String, rows: [[Backends.DatabaseValue]], _ ending: String) throws {
        guard let width = rows.first?.count else { return }
        let marks = repeatElement("?", count: width).joined(separator: ", ")
        try checking {
            try PreparedStatement(try statement("INSERT INTO \(target) VALUES (\(marks)) \(ending)"), on: database).run(forEach: rows)
        }
    }

    func forEachRow(_ sql: String, values: [Backends.DatabaseValue], _ body: (Backends.Row) throws -> Void) throws {
        var bodyError: (any Error)?
        try checking {
            let statement = try PreparedStatement(try statement(sql), on: database)
            let columns = statement.columns
            running.append(sql)
            defer { running.removeLast() }
            do {
                try statement.forEachRow(values) { values in
                    do {
                        try body(Backends.Row(columns: columns, values: values))
                    } catch {
                        bodyError = error
                        throw BrokenOff()
                    }
                }
            } catch is BrokenOff {}
        }
        if let bodyError { throw bodyError }
    }

    func attempt<Result>(_ body: () throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        let name = "attempt_\(depth)"
        _ = try execute("SAVEPOINT \(name)", values: [])
        do {
            let result = try body()
            try requireIntact()
            _ = try execute("RELEASE \(name)", values: [])
            return result
        } catch {
            // Without a transaction there is no savepoint to go back to, and everything is lost.
            guard database.isInsideTransaction else { throw error }
            failure = nil
            _ = try execute("ROLLBACK TO \(name)", values: [])
            _ = try execute("RELEASE \(name)", values: [])
            throw error
        }
    }

    /// - Throws: When a statement failed outside `attempt`, even if the body caught the error.
    func requireIntact() throws {
        if let failure { throw TransactionLost.error(after: failure) }
    }

    private func statement(_ sql: String) throws -> Statement {
        !running.contains(sql) && statements.admits(sql) ? try database.cachedStatement(sql: sql) : try database.makeStatement(sql: sql)
    }

    /// Translates and remembers the failure of a statement.
    private func checking<Value>(_ statement: () throws -> Value) throws -> Value {
        try requireIntact()
        do {
            return try translation.translating(statement)
        } catch {
            failure = error
            throw error
        }
    }

    /// The caller's own error ended the reading of rows; the statement did not fail.
    private struct BrokenOff: Error {}
}
