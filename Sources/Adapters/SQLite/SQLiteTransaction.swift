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
            let before = database.totalChangesCount
            try statement(sql).execute(arguments: try arguments(values))
            // SQLite keeps the count of an earlier statement when this one changes no rows by its nature, like CREATE TABLE.
            return database.totalChangesCount == before ? 0 : database.changesCount
        }
    }

    func forEachRow(_ sql: String, values: [Backends.DatabaseValue], _ body: (Backends.Row) throws -> Void) throws {
        let cursor = try checking { try GRDB.Row.fetchCursor(try statement(sql), arguments: try arguments(values)) }
        let columns = cursor.columnNames
        running.append(sql)
        defer { running.removeLast() }
        while let row = try checking({ try cursor.next() }) {
            try body(Backends.Row(columns: columns, values: columns.indices.map { Self.value(row[$0]) }))
        }
    }

    func attempt<Result>(_ body: () throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        let name = "attempt_\(depth)"
        try checking { try statement("SAVEPOINT \(name)").execute() }
        do {
            let result = try body()
            try requireIntact()
            try checking { try statement("RELEASE \(name)").execute() }
            return result
        } catch {
            // Without a transaction there is no savepoint to go back to, and everything is lost.
            guard database.isInsideTransaction else { throw error }
            failure = nil
            try checking { try statement("ROLLBACK TO \(name)").execute() }
            try checking { try statement("RELEASE \(name)").execute() }
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

    private func arguments(_ values: [Backends.DatabaseValue]) throws -> StatementArguments {
        StatementArguments(try values.map(Self.stored))
    }

    private static func stored(_ value: Backends.DatabaseValue) throws -> GRDB.DatabaseValue {
        try value.requireStorable()
        return switch value {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .real(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .blob(let bytes): Data(bytes).databaseValue
        }
    }

    private static func value(_ stored: GRDB.DatabaseValue) -> Backends.DatabaseValue {
        switch stored.storage {
        case .null: .null
        case .int64(let number): .integer(number)
        case .double(let number): .real(number)
        case .string(let text): .text(text)
        case .blob(let data): .blob([UInt8](data))
        }
    }
}
