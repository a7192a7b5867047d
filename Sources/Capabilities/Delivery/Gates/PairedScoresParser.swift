// SPDX-License-Identifier: Apache-2.0

package import Domain

/// Reads a scores file piece by piece: CSV with a header line and at least the columns `label` and `candidate`.
///
/// A column `champion` that is empty in every row means that there is none. Labels are 0, 1, true or false. An empty score is NaN.
/// Other columns are ignored. Fields may be quoted; a quoted field may not contain a line break. Memory grows with the rows, 17 bytes each.
package struct PairedScoresParser {
    package static let maximumRows = 1_000_000
    package static let maximumLineLength = 4096

    private let groupColumn: String?
    private var columns: Columns?
    private var line: [UInt8] = []
    private var lineNumber = 0
    private var labels: [Bool] = []
    private var candidate: [Double] = []
    private var champion: [Double] = []
    private var hasChampion = false
    private var groups: [String] = []

    private struct Columns {
        var count: Int
        var label: Int
        var candidate: Int
        var champion: Int?
        var group: Int?
    }

    /// - Parameter groupColumn: A column whose equal values are resampled together; the file must have it.
    package init(groupColumn: String? = nil) {
        self.groupColumn = groupColumn
    }

    /// Reads all pieces of a stored file.
    package static func scores(
        from pieces: some AsyncSequence<[UInt8], any Error>, groupColumn: String? = nil
    ) async throws -> PairedScores {
        var parser = PairedScoresParser(groupColumn: groupColumn)
        for try await piece in pieces { try parser.feed(piece) }
        return try parser.finish()
    }

    /// - Throws: `Problem` `.invalid` with the line's number, `.tooLarge` beyond the limits.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(Problem) {
        for byte in bytes {
            if byte == 10 {
                try endLine()
            } else {
                guard line.count < Self.maximumLineLength else {
                    throw Problem(
                        .tooLarge, "delivery.scores.line-too-long", "Line \(lineNumber + 1) of the scores is too long.",
                        why: "A line has at most \(Self.maximumLineLength) bytes.")
                }
                line.append(byte)
            }
        }
    }

    package mutating func finish() throws(Problem) -> PairedScores {
        try endLine()
        guard columns != nil, !labels.isEmpty else { throw malformed("It has no rows.") }
        return try PairedScores(
            labels: labels, candidate: candidate, champion: hasChampion ? champion : nil, groups: groupColumn == nil ? nil : groups)
    }

    private mutating func endLine() throws(Problem) {
        lineNumber += 1
        if line.last == 13 { line.removeLast() }
        if lineNumber == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        guard !line.isEmpty else { return }
        let fields = try fields()
        line.removeAll(keepingCapacity: true)
        guard let columns else {
            try readHeader(fields)
            return
        }
        try readRow(fields, columns)
    }

    private mutating func readHeader(_ names: [String]) throws(Problem) {
        guard let label = names.firstIndex(of: "label"), let candidate = names.firstIndex(of: "candidate") else {
            throw malformed("Its first line must name the columns 'label' and 'candidate'.")
        }
        guard Set(names).count == names.count else { throw malformed("Two of its columns have the same name.") }
        var group: Int?
        if let groupColumn {
            guard let index = names.firstIndex(of: groupColumn) else { throw malformed("It has no column '\(groupColumn.printable)'.") }
            group = index
        }
        columns = Columns(count: names.count, label: label, candidate: candidate, champion: names.firstIndex(of: "champion"), group: group)
    }

    private mutating func readRow(_ fields: [String], _ columns: Columns) throws(Problem) {
        guard fields.count == columns.count else {
            throw malformed("Line \(lineNumber) has \(fields.count) fields, the header \(columns.count).")
        }
        guard labels.count < Self.maximumRows else {
            throw Problem(
                .tooLarge, "delivery.scores.rows", "The scores have more than \(Self.maximumRows) rows.", fix: "Send a random sample.")
        }
        switch fields[columns.label].lowercased() {
        case "1", "1.0", "true": labels.append(true)
        case "0", "0.0", "false": labels.append(false)
        default: throw malformed("The label in line \(lineNumber) is neither 0 nor 1.")
        }
        candidate.append(try score(fields[columns.candidate]))
        if let index = columns.champion {
            if !fields[index].isEmpty { hasChampion = true }
            champion.append(try score(fields[index]))
        }
        if let index = columns.group { groups.append(fields[index]) }
    }

    private func score(_ text: String) throws(Problem) -> Double {
        if text.isEmpty { return .nan }
        guard let score = Double(text) else { throw malformed("A score in line \(lineNumber) is not a number.") }
        return score
    }

    /// Splits the line at commas outside quotes; a doubled quote inside quotes stands for one.
    private func fields() throws(Problem) -> [String] {
        var fields: [String] = []
        var field: [UInt8] = []
        var quoted = false
        var index = 0
        while index < line.count {
            let byte = line[index]
            if byte == 34 {
                if quoted, index + 1 < line.count, line[index + 1] == 34 {
                    field.append(34)
                    index += 1
                } else {
                    quoted.toggle()
                }
            } else if byte == 44, !quoted {
                fields.append(String(decoding: field, as: UTF8.self))
                field.removeAll(keepingCapacity: true)
            } else {
                field.append(byte)
            }
            index += 1
        }
        guard !quoted else { throw malformed("A quote in line \(lineNumber) is not closed.") }
        return fields + [String(decoding: field, as: UTF8.self)]
    }

    private func malformed(_ why: String) -> Problem {
        Problem(
            .invalid, "delivery.scores.malformed", "The scores file cannot be used.", why: why,
            fix: "Send CSV with the columns label, candidate and, with a champion, champion.")
    }
}
