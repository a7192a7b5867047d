// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Tracking

extension ColumnFacts {
    /// The columns of a snapshot that was profiled; nil for one that was not.
    static func of(_ snapshot: Snapshot) -> [ColumnFacts]? {
        guard !snapshot.columns.isEmpty, let profile = snapshot.profile else { return nil }
        return snapshot.columns.map { column in
            let type: ContractColumn.DataType =
                switch column.type {
                case .integer: .integer
                case .number: .number
                case .time: .time
                case .text: .text
                }
            guard let known = profile[column.name] else { return ColumnFacts(name: column.name, type: type) }
            var facts = ColumnFacts(
                name: column.name, type: type, nulls: known.nulls, isEmpty: known.nulls == profile.rowCount, distinct: known.distinct,
                isDistinctEstimated: known.isDistinctEstimated)
            if let numbers = known.numbers, type != .time {
                facts.minimum = bound(numbers.minimum, isInteger: type == .integer)
                facts.maximum = bound(numbers.maximum, isInteger: type == .integer)
            }
            if let top = known.topValues, !known.isDistinctEstimated, Int64(top.count) == known.distinct {
                facts.categories = Set(top.map(\.value))
            }
            return facts
        }
    }

    static func bound(_ number: Double, isInteger: Bool) -> JSONValue? {
        guard number.isFinite else { return nil }
        // As it reads in a document: 38, not 38.0.
        if let whole = Int64(exactly: number), abs(number) < 0x1p53 { return .integer(whole) }
        return isInteger ? nil : .number(number)
    }

    /// The columns of files that an engine has read, from two passes over them.
    static func of(_ table: AnalyticalTable, by engine: any AnalyticalEngine, in folder: AnalysisFolder) async throws -> [ColumnFacts] {
        let relation = AnalyticalRelation("data", table)
        let types = table.columns.map { column in
            // Text that fits nothing else comes last, so nested types are text too.
            ContractColumn.DataType.allCases.first { TypedColumns.fits(column.type, $0) == true } ?? .text
        }
        let selected = table.columns.enumerated().map { index, column in
            let name = SQLFragment.name(column.name)
            let value = types[index] == .number ? "CAST(\(name) AS DOUBLE)" : "CAST(\(name) AS VARCHAR)"
            let bounds = [.integer, .number].contains(types[index]) ? ", min(\(name)) AS a\(index), max(\(name)) AS z\(index)" : ""
            return "count(\(name)) AS n\(index), approx_count_distinct(\(value)) AS d\(index)\(bounds)"
        }
        let answer = try await engine.answer(
            [AnalyticalQuery("SELECT \(selected.joined(separator: ", ")) FROM data")], over: [relation], in: folder,
            limits: AnalyticalLimits())
        guard case .rows(let rows)? = answer.outcomes.first, let row = rows.first else {
            throw Problem(
                .invalid, "contracts.files.unprofiled", "The files cannot be profiled.",
                why: "The engine gave no answer about their columns.")
        }
        func text(_ name: String) -> String? { row[name] ?? nil }
        var facts = table.columns.enumerated().map { index, column in
            let count = text("n\(index)").flatMap { Int64($0) } ?? 0
            var facts = ColumnFacts(
                name: column.name, type: types[index], nulls: table.rowCount - count, isEmpty: count == 0,
                distinct: text("d\(index)").flatMap { Int64($0) })
            facts.minimum = text("a\(index)").flatMap { Double($0) }.flatMap { bound($0, isInteger: types[index] == .integer) }
            facts.maximum = text("z\(index)").flatMap { Double($0) }.flatMap { bound($0, isInteger: types[index] == .integer) }
            return facts
        }
        let few = facts.indices.filter { table.columns[$0].type == "VARCHAR" && (facts[$0].distinct ?? .max) <= 30 }
        let queries = few.map { index in
            let name = SQLFragment.name(table.columns[index].name)
            return AnalyticalQuery(
                "SELECT DISTINCT \(name) AS value FROM data WHERE \(name) IS NOT NULL", maximumRows: ContractDraft.maximumCategories + 1)
        }
        guard !queries.isEmpty else { return facts }
        let values = try await engine.answer(queries, over: [relation], in: folder, limits: AnalyticalLimits())
        for (index, outcome) in zip(few, values.outcomes) {
            guard case .rows(let rows) = outcome, rows.count <= ContractDraft.maximumCategories else { continue }
            facts[index].categories = Set(rows.compactMap { $0["value"] ?? nil })
            facts[index].distinct = Int64(rows.count)
            facts[index].isDistinctEstimated = false
        }
        return facts
    }
}
