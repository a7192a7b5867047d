// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// A contract that a table keeps as it is, for a person to go on from.
package struct ContractDraft: Sendable {
    /// Most values of a text column that are listed.
    static let maximumCategories = 20
    /// Fewest rows for which values seen are taken for all that are allowed.
    static let minimumRows: Int64 = 50

    package let specification: ContractSpecification

    /// Shares of nulls are given half as much again, rows half as few; numbers keep the range they have.
    package init(name: String, dataset: String, rows: Int64?, columns: [ColumnFacts]) {
        var specification = ContractSpecification(name: name, description: "Drafted from a snapshot: look at every rule.", dataset: dataset)
        if let rows, rows > 1 { specification.rows = RowCount(atLeast: rows / 2) }
        specification.columns = columns.map { Self.column($0, rows: rows ?? 0) }
        self.specification = specification
    }

    private static func column(_ facts: ColumnFacts, rows: Int64) -> ContractColumn {
        var column = ContractColumn(facts.name, facts.isEmpty ? nil : facts.type)
        guard !facts.isEmpty, rows > 0 else { return column }
        if let nulls = facts.nulls {
            let share = Double(nulls) / Double(rows)
            column.nulls = min(1, (share * 1.5 * 1000 - 1e-9).rounded(.up) / 1000)
        }
        if facts.minimum != nil || facts.maximum != nil { column.range = ValueRange(from: facts.minimum, to: facts.maximum) }
        if facts.type == .text, let categories = facts.categories, rows >= minimumRows, (1...maximumCategories).contains(categories.count),
            Int64(categories.count) * 2 <= rows
        {
            column.oneOf = categories.sorted().map { .string($0) }
        }
        let isKey = !facts.isDistinctEstimated && facts.nulls == 0 && facts.distinct == rows && rows >= minimumRows
        if isKey, facts.type == .integer || facts.type == .text {
            column.isUnique = true
            // The next snapshot of a key has other values.
            column.range = nil
            column.oneOf = nil
        }
        return column
    }

    /// As a document in YAML; only what is not as when left out.
    package var text: String {
        var lines = [
            "apiVersion: dhow/v1", "kind: DataContract", "metadata: {name: \(specification.name)}", "spec:",
            "  description: \(Self.quoted(specification.description ?? ""))",
        ]
        if let dataset = specification.dataset { lines.append("  dataset: \(Self.quoted(dataset))") }
        if let least = specification.rows?.atLeast { lines.append("  rows: {atLeast: \(least)}") }
        lines.append(specification.columns.isEmpty ? "  columns: []" : "  columns:")
        for column in specification.columns {
            var fields = ["name: \(Self.quoted(column.name))"]
            if let type = column.type { fields.append("type: \(type.rawValue)") }
            if column.nulls < 1 { fields.append("nulls: \(Self.value(.number(column.nulls)))") }
            if let range = column.range {
                let sides = [range.from.map { "from: \(Self.value($0))" }, range.to.map { "to: \(Self.value($0))" }].compactMap(\.self)
                fields.append("range: {\(sides.joined(separator: ", "))}")
            }
            if let values = column.oneOf { fields.append("oneOf: [\(values.map(Self.value).joined(separator: ", "))]") }
            if column.isUnique { fields.append("unique: true") }
            lines.append("    - {\(fields.joined(separator: ", "))}")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func value(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): return quoted(text)
        case .integer(let number): return "\(number)"
        case .number(let number):
            if let whole = Int64(exactly: number), abs(whole) < 1 << 53 { return "\(whole)" }
            return "\(number)"
        case .bool(let bool): return bool ? "true" : "false"
        default: return "null"
        }
    }

    /// JSON's quotes are YAML's double ones.
    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
