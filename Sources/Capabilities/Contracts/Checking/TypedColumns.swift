// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// The columns of a table as a contract's rules see them: texts of CSV files read as the types that the contract declares.
struct TypedColumns {
    /// A column for the number of its row, where the table has none of that name and is of one file.
    static let rowNumber = "_row"

    let table: AnalyticalTable
    let contract: ContractSpecification
    private let byName: [String: AnalyticalTable.Column]

    init(_ table: AnalyticalTable, _ contract: ContractSpecification) {
        self.table = table
        self.contract = contract
        byName = Dictionary(table.columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func found(_ name: String) -> AnalyticalTable.Column? { byName[name] }

    var hasRowNumbers: Bool {
        table.files.count == 1
            && !table.columns.contains { [Self.rowNumber, "file_row_number"].contains($0.name.lowercased()) }
    }

    /// Of the relation `data`.
    var projection: [String] {
        let columns = table.columns.map { column in
            "\(Self.typed(column, contract[column.name]?.type)) AS \(SQLFragment.name(column.name))"
        }
        return columns + (hasRowNumbers ? ["file_row_number + 1 AS \(Self.rowNumber)"] : [])
    }

    /// Of the relation `raw`: values as the files have them.
    var rawProjection: [String] {
        table.columns.map { SQLFragment.name($0.name) } + (hasRowNumbers ? ["file_row_number + 1 AS \(Self.rowNumber)"] : [])
    }

    /// A column's value as a type; null where it is none of it. NaN is no number, so it is null too.
    static func typed(_ column: AnalyticalTable.Column, _ type: ContractColumn.DataType?) -> String {
        let name = SQLFragment.name(column.name)
        let isText = column.type == "VARCHAR"
        switch type {
        case .number where isText: return "(CASE WHEN NOT isnan(TRY_CAST(\(name) AS DOUBLE)) THEN TRY_CAST(\(name) AS DOUBLE) END)"
        case .number where ["DOUBLE", "FLOAT"].contains(column.type): return "(CASE WHEN NOT isnan(\(name)) THEN \(name) END)"
        case .integer where isText: return "(CASE WHEN \(isRead(name, .integer)) THEN CAST(\(name) AS BIGINT) END)"
        case .boolean where isText: return "(CASE WHEN \(isRead(name, .boolean)) THEN CAST(lower(\(name)) AS BOOLEAN) END)"
        case .date where isText: return "(CASE WHEN \(isRead(name, .date)) THEN TRY_CAST(\(name) AS DATE) END)"
        case .time where isText: return "TRY_CAST(\(name) AS TIMESTAMPTZ)"
        case .time where column.type.hasPrefix("TIMESTAMP"): return "CAST(\(name) AS TIMESTAMPTZ)"
        default: return name
        }
    }

    /// Whether a text is written as the type is; it may still be out of range.
    static func isRead(_ name: String, _ type: ContractColumn.DataType) -> String {
        switch type {
        case .integer: "regexp_full_match(\(name), '[+-]?[0-9]{1,18}')"
        case .number: "(TRY_CAST(\(name) AS DOUBLE) IS NOT NULL)"
        case .boolean: "(lower(\(name)) IN ('true', 'false', '1', '0'))"
        case .date: "(regexp_full_match(\(name), '[0-9]{4}-[0-9]{2}-[0-9]{2}') AND TRY_CAST(\(name) AS DATE) IS NOT NULL)"
        case .time: "(TRY_CAST(\(name) AS TIMESTAMPTZ) IS NOT NULL)"
        case .text: "true"
        }
    }

    /// Whether values of the engine's type are of the contract's, as far as the type alone says; nil when each value has to be looked at.
    static func fits(_ type: String, _ wanted: ContractColumn.DataType) -> Bool? {
        let integers = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"]
        switch wanted {
        case .integer: return integers.contains(type)
        case .number: return integers.contains(type) || ["DOUBLE", "FLOAT"].contains(type) || type.hasPrefix("DECIMAL")
        case .boolean: return type == "BOOLEAN"
        case .text: return type == "VARCHAR" || type.hasPrefix("ENUM") || type == "UUID"
        case .date: return type == "DATE"
        case .time: return type.hasPrefix("TIMESTAMP") || type == "DATE"
        }
    }

    /// The kinds that conditions in CEL are read with.
    func kind(of column: AnalyticalTable.Column) -> ContractColumn.DataType? {
        if let declared = contract[column.name]?.type { return declared }
        return ContractColumn.DataType.allCases.first { Self.fits(column.type, $0) == true }
    }
}
