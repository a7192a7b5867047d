// SPDX-License-Identifier: Apache-2.0

import Domain

/// One result row: `let name: String = try row["name"]`.
///
/// Inlinable, as a page of results reads tens of thousands of columns and each would otherwise ask the runtime for its type.
@usableFromInline package struct Row: Sendable {
    /// Shared by all rows of one result.
    @usableFromInline let columns: [String]
    @usableFromInline let values: [DatabaseValue]

    package init(columns: [String], values: [DatabaseValue]) {
        self.columns = columns
        self.values = values
    }

    /// - Throws: `Problem` `.internal` when the column is missing, null or of another type.
    @inlinable package subscript<Value: DatabaseConvertible>(column: String) -> Value {
        get throws {
            guard let value = Value(try stored(column)) else { throw mismatch(column, Value.self) }
            return value
        }
    }

    /// Null is nil.
    /// - Throws: `Problem` `.internal` when the column is missing or of another type.
    @inlinable package subscript<Value: DatabaseConvertible>(column: String) -> Value? {
        get throws {
            let stored = try stored(column)
            if stored == .null { return nil }
            guard let value = Value(stored) else { throw mismatch(column, Value.self) }
            return value
        }
    }

    @inlinable func stored(_ column: String) throws -> DatabaseValue {
        guard let index = columns.firstIndex(of: column) else { throw missing(column) }
        return values[index]
    }

    @usableFromInline func missing(_ column: String) -> any Error {
        Problem(.internal, "database.column.missing", "The result has no column '\(column)'.", why: "It has \(columns).")
    }

    @usableFromInline func mismatch(_ column: String, _ type: Any.Type) -> any Error {
        Problem(.internal, "database.column.mismatched", "Column '\(column)' does not hold a \(type).")
    }
}
