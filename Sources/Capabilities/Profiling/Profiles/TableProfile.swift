// SPDX-License-Identifier: Apache-2.0

import Statistics

/// What is kept of a table's rows, in memory that does not grow with them: one profile for each column, and how scores met their labels.
///
/// Profiles of parts merge to the profile of the whole, to the last bit but for the rounding of moments, in whatever order the columns stand.
package struct TableProfile: Mergeable {
    package static let format = "dhow-profile/1"
    package static let maximumColumns = 1_000

    package private(set) var rowCount = 0
    package var columns: [ColumnProfile]
    package var scored: ScoredPairs?

    package init(columns names: [String]) {
        columns = names.map { ColumnProfile(name: $0) }
    }

    package func column(_ name: String) -> ColumnProfile? { columns.first { $0.name == name } }

    package mutating func endRow() { rowCount += 1 }

    /// Rows whose values were added already.
    package mutating func add(rows: Int) { rowCount += rows }

    /// False, with nothing changed, when the columns differ.
    package mutating func merge(_ other: TableProfile) -> Bool {
        let places = Dictionary(other.columns.indices.map { (other.columns[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
        guard columns.count == other.columns.count, columns.allSatisfy({ places[$0.name] != nil }) else { return false }
        for index in columns.indices {
            guard let place = places[columns[index].name] else { continue }
            let isMerged = columns[index].merge(other.columns[place])
            precondition(isMerged, "Columns of one name go together.")
        }
        rowCount += other.rowCount
        // What only one side knows of would stand for both.
        if let theirs = other.scored, scored?.merge(theirs) != true { scored = nil }
        if other.scored == nil { scored = nil }
        return true
    }
}

extension TableProfile {
    private enum CodingKeys: String, CodingKey {
        case format, rowCount, columns, scored
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.format, forKey: .format)
        try container.encode(rowCount, forKey: .rowCount)
        try container.encode(columns, forKey: .columns)
        try container.encodeIfPresent(scored, forKey: .scored)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        guard try container.decode(String.self, forKey: .format) == Self.format else {
            throw DecodingError.dataCorruptedError(forKey: .format, in: container, debugDescription: "The format is not '\(Self.format)'.")
        }
        rowCount = try container.decode(Int.self, forKey: .rowCount)
        columns = try container.decode([ColumnProfile].self, forKey: .columns)
        scored = try container.decodeIfPresent(ScoredPairs.self, forKey: .scored)
        guard columns.count <= Self.maximumColumns, Set(columns.map(\.name)).count == columns.count,
            columns.allSatisfy({ $0.nulls >= 0 && $0.notNumbers >= 0 && $0.times.count >= 0 && $0.rowCount == rowCount })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .columns, in: container, debugDescription: "Columns have names of their own, and as many rows as the table.")
        }
    }
}
