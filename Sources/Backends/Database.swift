// SPDX-License-Identifier: Apache-2.0

/// The relational store. Implementations: `SQLiteDatabase`, `PostgresDatabase`.
///
/// A `write` sees and leaves a state equal to some serial order of all writes. When it returns, its effect is committed and synced.
/// Its body may run again after a conflict, so it touches nothing but its transaction and its captured values.
/// Cancelling the calling task stops neither `read` nor `write`, so what a cancelled task leaves behind can still be recorded.
package protocol Database: Sendable {
    var engine: DatabaseEngine { get }

    /// Runs `body` on a consistent snapshot that holds every write that had returned before; writing inside it fails.
    func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result

    /// A `read` of a few rows by their keys. An embedded engine may run it on the caller's own thread, which it must not hold for more than
    /// some tens of microseconds.
    func lookUp<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result

    /// Runs `body` in a serializable transaction and commits; an error thrown by `body` undoes this write alone and is rethrown.
    ///
    /// - Parameter lock: Writes that name the same lock run one at a time, across processes.
    @discardableResult
    func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result

    /// Finishes what runs, refuses what comes after.
    func close() async
}

extension Database {
    package func lookUp<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await read(body)
    }

    @discardableResult
    package func write<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try await write(locking: nil, body)
    }
}

package enum DatabaseEngine: String, Sendable, CaseIterable {
    case sqlite, postgres
}

/// One open transaction; synchronous, so that nothing can suspend inside it, and valid only inside its body.
///
/// SQL uses `?` for each argument, in order, on every engine. Where nothing but the argument says its type (`SELECT ?`, `? IS NULL`,
/// `COALESCE(?, ?)`), write `CAST(? AS BIGINT)`; likewise `CAST(SUM(x) AS BIGINT)`, because Postgres sums integers to `NUMERIC`.
/// A unique, foreign-key, check or not-null violation is thrown as `ConstraintViolation`. After any failed statement the transaction is
/// lost: catching the error and going on is possible only around `attempt`.
/// A `TextPattern` is looked for by `matches_pattern(text, pattern) = 1` on SQLite and by `text ~ pattern` on Postgres.
/// Text with U+0000 and NaN are refused with `Problem` `.invalid`; the sign of a zero may be lost.
package protocol Transaction {
    var engine: DatabaseEngine { get }

    /// - Returns: The number of rows changed.
    @discardableResult
    func execute(_ sql: String, values: [DatabaseValue]) throws -> Int

    /// Inserts the rows, all of one width, in order: `target` names the table and its columns, `ending` may say what to do about a conflict.
    func insert(into target: String, rows: [[DatabaseValue]], _ ending: String) throws

    /// Calls `body` for each row as it is fetched; memory does not grow with the number of rows.
    ///
    /// `body` may run further statements; on Postgres the first of them takes the rows still to come into memory.
    func forEachRow(_ sql: String, values: [DatabaseValue], _ body: (Row) throws -> Void) throws

    /// Runs `body` so that, when it throws, its statements are undone and the transaction goes on; the error is rethrown.
    ///
    ///     do { try transaction.attempt { try transaction.execute("INSERT …") } } catch let violation as ConstraintViolation { … }
    @discardableResult
    func attempt<Result>(_ body: () throws -> Result) throws -> Result
}

extension Transaction {
    package func insert(into target: String, rows: [[DatabaseValue]]) throws {
        try insert(into: target, rows: rows, "")
    }

    @discardableResult
    package func execute(_ sql: String, _ arguments: (any DatabaseConvertible)?...) throws -> Int {
        try execute(sql, values: arguments.map { $0?.databaseValue ?? .null })
    }

    package func rows(_ sql: String, _ arguments: (any DatabaseConvertible)?...) throws -> [Row] {
        try rows(sql, values: arguments.map { $0?.databaseValue ?? .null })
    }

    package func rows(_ sql: String, values: [DatabaseValue]) throws -> [Row] {
        var rows: [Row] = []
        try forEachRow(sql, values: values) { rows.append($0) }
        return rows
    }

    /// The first row, if any.
    package func row(_ sql: String, _ arguments: (any DatabaseConvertible)?...) throws -> Row? {
        try rows(sql, values: arguments.map { $0?.databaseValue ?? .null }).first
    }
}

/// A rule of the schema that a statement would have broken.
package struct ConstraintViolation: Error, Sendable {
    package enum Kind: String, Sendable { case unique, foreignKey, check, notNull }
    package var kind: Kind
    /// The engine's own message, for the log; never for the caller.
    package var detail: String

    package init(kind: Kind, detail: String) {
        self.kind = kind
        self.detail = detail
    }
}
