// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Reads a scores file piece by piece: CSV with a header line and at least the columns `label` and `candidate`.
///
/// A column `champion` that is empty in every row means that there is none. Labels are 0, 1, true or false. An empty score is NaN.
/// Columns that nobody asked for are ignored. Memory grows with the rows, 17 bytes each and 8 more for each further column.
package struct PairedScoresParser {
    package static let maximumRows = TextTable.maximumRows
    package static let maximumLineLength = TextTable.maximumLineLength

    private var table = TextTable("scores")
    private var content: Content

    private struct Content {
        let groupColumn: String?
        let columnNames: Set<String>
        var places: Places?
        var labels: [Bool] = []
        var candidate: [Double] = []
        var champion: [Double] = []
        var hasChampion = false
        var groups: [String] = []
        var columns: [String: ScoreColumn] = [:]
    }

    private struct Places {
        var label: Int
        var candidate: Int
        var champion: Int?
        var group: Int?
        var columns: [(name: String, place: Int)]
    }

    /// - Parameters:
    ///   - groupColumn: A column whose equal values are resampled together; the file must have it.
    ///   - columns: Further columns to keep where the file has them.
    package init(groupColumn: String? = nil, columns: Set<String> = []) {
        content = Content(groupColumn: groupColumn, columnNames: columns)
    }

    /// Reads all pieces of a stored file.
    package static func scores(
        from pieces: some AsyncSequence<[UInt8], any Error>, groupColumn: String? = nil, columns: Set<String> = []
    ) async throws -> PairedScores {
        var parser = PairedScoresParser(groupColumn: groupColumn, columns: columns)
        for try await piece in pieces { try parser.feed(piece) }
        return try parser.finish()
    }

    /// - Throws: `Problem` `.invalid` with the line's number, `.tooLarge` beyond the limits.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(Problem) {
        var content = content
        self.content = Content(groupColumn: nil, columnNames: [])
        defer { self.content = content }
        let table = table
        try self.table.feed(
            bytes, header: { names throws(Problem) in try Self.readHeader(names, &content, table) },
            row: { fields throws(Problem) in try Self.readRow(fields, &content, table) })
    }

    package mutating func finish() throws(Problem) -> PairedScores {
        var content = content
        let table = table
        try self.table.finish(
            header: { names throws(Problem) in try Self.readHeader(names, &content, table) },
            row: { fields throws(Problem) in try Self.readRow(fields, &content, table) })
        return try PairedScores(
            labels: content.labels, candidate: content.candidate, champion: content.hasChampion ? content.champion : nil,
            groups: content.groupColumn == nil ? nil : content.groups, columns: content.columns)
    }

    private static func readHeader(_ names: [String], _ content: inout Content, _ table: TextTable) throws(Problem) {
        guard let label = names.firstIndex(of: "label"), let candidate = names.firstIndex(of: "candidate") else {
            throw table.malformed("Its first line must name the columns 'label' and 'candidate'.")
        }
        var group: Int?
        if let groupColumn = content.groupColumn {
            guard let index = names.firstIndex(of: groupColumn) else {
                throw table.malformed("It has no column '\(groupColumn.printable)'.")
            }
            group = index
        }
        let columns = content.columnNames.sorted().compactMap { name in names.firstIndex(of: name).map { (name: name, place: $0) } }
        for column in columns { content.columns[column.name] = ScoreColumn() }
        content.places = Places(
            label: label, candidate: candidate, champion: names.firstIndex(of: "champion"), group: group, columns: columns)
    }

    private static func readRow(_ fields: [String], _ content: inout Content, _ table: TextTable) throws(Problem) {
        guard let places = content.places else { preconditionFailure("The header is read before the rows.") }
        guard let label = Bool(label: fields[places.label]) else { throw table.malformed("A label is neither 0 nor 1.") }
        content.labels.append(label)
        content.candidate.append(try score(fields[places.candidate], table))
        if let index = places.champion {
            if !fields[index].isEmpty { content.hasChampion = true }
            content.champion.append(try score(fields[index], table))
        }
        if let index = places.group { content.groups.append(fields[index]) }
        for column in places.columns { content.columns[column.name]?.append(fields[column.place]) }
    }

    private static func score(_ text: String, _ table: TextTable) throws(Problem) -> Double {
        if text.isEmpty { return .nan }
        guard let score = Double(text) else { throw table.malformed("A score is not a number.") }
        return score
    }
}

extension Bool {
    /// 0, 1, true or false, also as 0.0 and 1.0.
    init?(label text: String) {
        switch text.lowercased() {
        case "1", "1.0", "true": self = true
        case "0", "0.0", "false": self = false
        default: return nil
        }
    }
}
