// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import GRDB
import GRDBSQLite

/// A statement that GRDB has prepared, run by SQLite's own calls.
///
/// GRDB wraps each value, row and execution for conveniences that no caller of the seam sees; for the short statements that most requests
/// are made of, they cost more than the statement.
struct PreparedStatement {
    private let statement: Statement
    private let handle: OpaquePointer
    private let connection: OpaquePointer

    init(_ statement: Statement, on database: GRDB.Database) throws {
        guard let connection = database.sqliteConnection else { throw DatabaseError(resultCode: .SQLITE_MISUSE) }
        self.statement = statement
        self.connection = connection
        handle = statement.sqliteStatement
    }

    var columns: [String] { statement.columnNames }

    /// Runs a statement whose rows, if any, nobody asked for.
    ///
    /// - Returns: The number of rows changed.
    @discardableResult
    func run(_ values: [Backends.DatabaseValue]) throws -> Int {
        defer { reset() }
        try bind(values)
        let before = sqlite3_total_changes(connection)
        while try step() {}
        // SQLite keeps the count of an earlier statement when this one changes no rows by its nature, like SAVEPOINT.
        return sqlite3_total_changes(connection) == before ? 0 : Int(sqlite3_changes(connection))
    }

    /// Runs the statement once for each row; a value that stands in the row before as well is bound once.
    func run(forEach rows: [[Backends.DatabaseValue]]) throws {
        defer { reset() }
        var last: [Backends.DatabaseValue] = []
        for row in rows {
            try requireArguments(row.count)
            for index in row.indices where last.isEmpty || !Self.isSame(row[index], last[index]) {
                try bind(row[index], at: Int32(index + 1))
            }
            while try step() {}
            sqlite3_reset(handle)
            last = row
        }
    }

    /// Calls `body` for each row as SQLite finds it.
    func forEachRow(_ values: [Backends.DatabaseValue], _ body: ([Backends.DatabaseValue]) throws -> Void) throws {
        defer { reset() }
        try bind(values)
        let count = sqlite3_column_count(handle)
        while try step() {
            try body((0..<count).map(value))
        }
    }

    /// Byte by byte: texts that Swift takes for equal can be written differently.
    private static func isSame(_ value: Backends.DatabaseValue, _ other: Backends.DatabaseValue) -> Bool {
        switch (value, other) {
        case (.text(let text), .text(let other)):
            text.utf8.count == other.utf8.count
                && text.utf8.withContiguousStorageIfAvailable { bytes in
                    other.utf8.withContiguousStorageIfAvailable { bytes.baseAddress == $0.baseAddress || bytes.elementsEqual($0) }
                } == true
        case (.blob, .blob): false
        default: value == other
        }
    }

    private func bind(_ values: [Backends.DatabaseValue]) throws {
        try requireArguments(values.count)
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1)) }
    }

    private func requireArguments(_ count: Int) throws {
        guard count == Int(sqlite3_bind_parameter_count(handle)) else {
            throw DatabaseError(
                resultCode: .SQLITE_MISUSE, message: "\(count) values for \(sqlite3_bind_parameter_count(handle)) places",
                sql: statement.sql)
        }
    }

    private func bind(_ value: Backends.DatabaseValue, at index: Int32) throws {
        try value.requireStorable()
        let code =
            switch value {
            case .null: sqlite3_bind_null(handle, index)
            case .integer(let number): sqlite3_bind_int64(handle, index, number)
            case .real(let number): sqlite3_bind_double(handle, index, number)
            // No address would stand for null, even with a length of 0.
            case .text(""): sqlite3_bind_text(handle, index, "", 0, Self.copying)
            case .text(var text):
                text.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) { bytes in
                        sqlite3_bind_text(handle, index, bytes.baseAddress, Int32(clamping: bytes.count), Self.copying)
                    }
                }
            case .blob(let bytes):
                bytes.isEmpty
                    ? sqlite3_bind_zeroblob(handle, index, 0)
                    : bytes.withUnsafeBytes { sqlite3_bind_blob(handle, index, $0.baseAddress, Int32(clamping: $0.count), Self.copying) }
            }
        guard code == SQLITE_OK else { throw failure() }
    }

    /// - Returns: Whether there is a row.
    private func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw failure()
        }
    }

    private func value(_ column: Int32) -> Backends.DatabaseValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            guard let text = sqlite3_column_text(handle, column) else { return .text("") }
            let bytes = UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(handle, column)))
            return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            guard let start = sqlite3_column_blob(handle, column) else { return .blob([]) }
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))))
        default: return .null
        }
    }

    private func failure() -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)), message: String(cString: sqlite3_errmsg(connection)),
            sql: statement.sql)
    }

    /// A statement that is not reset holds its snapshot open.
    private func reset() { sqlite3_reset(handle) }

    /// `SQLITE_TRANSIENT`: SQLite copies what is bound.
    private static var copying: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
