// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// One transaction on one connection.
final class PostgresTransaction: Transaction {
    let engine = DatabaseEngine.postgres
    /// The conflict or broken connection that ends this transaction whatever its body does; it can begin anew.
    private(set) var fatal: ServerError?
    /// The first failure that no `attempt` has undone; nothing runs after it.
    private var failure: (any Error)?
    private let connection: PostgresConnection
    private let translation: ErrorTranslation
    private var depth = 0

    init(connection: PostgresConnection, translation: ErrorTranslation) {
        self.connection = connection
        self.translation = translation
    }

    func execute(_ sql: String, values: [DatabaseValue]) throws -> Int {
        try checking { try connection.execute(sql, values: values) }
    }

    /// Few statements with many rows each, whose texts are few as well so that the server keeps them prepared.
    func insert(into target: String, rows: [[DatabaseValue]], _ ending: String) throws {
        var start = 0
        for size in [128, 16, 1] {
            while rows.count - start >= size {
                let mark = "(" + repeatElement("?", count: rows[start].count).joined(separator: ", ") + ")"
                let marks = repeatElement(mark, count: size).joined(separator: ", ")
                _ = try execute("INSERT INTO \(target) VALUES \(marks) \(ending)", values: rows[start..<start + size].flatMap(\.self))
                start += size
            }
        }
    }

    func forEachRow(_ sql: String, values: [DatabaseValue], _ body: (Row) throws -> Void) throws {
        var bodyError: (any Error)?
        do {
            try checking {
                do {
                    try connection.forEachRow(sql, values: values) { row in
                        do {
                            try body(row)
                        } catch {
                            bodyError = error
                            throw BrokenOff()
                        }
                    }
                } catch is BrokenOff {}
            }
        }
        if let bodyError { throw bodyError }
    }

    func attempt<Result>(_ body: () throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        let name = "attempt_\(depth)"
        try checking { try connection.control("SAVEPOINT \(name)") }
        do {
            let result = try body()
            try requireIntact()
            try checking { try connection.control("RELEASE \(name)") }
            return result
        } catch {
            guard fatal == nil else { throw error }
            failure = nil
            try checking { try connection.control("ROLLBACK TO \(name); RELEASE \(name)") }
            throw error
        }
    }

    /// - Throws: When a statement failed outside `attempt`, even if the body caught the error.
    func requireIntact() throws {
        if let failure { throw TransactionLost.error(after: failure) }
    }

    /// Translates and remembers the failure of a statement.
    @discardableResult
    private func checking<Value>(_ statement: () throws -> Value) throws -> Value {
        try requireIntact()
        do {
            return try statement()
        } catch let error as ServerError {
            if error.isConflict || error.isConnectionLost || error.isStaleStatement { fatal = fatal ?? error }
            let translated = translation.translated(error)
            failure = translated
            throw translated
        } catch {
            failure = error
            throw error
        }
    }

    /// The caller's own error ended the reading of rows; the statement did not fail.
    private struct BrokenOff: Error {}
}
