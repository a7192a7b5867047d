// SPDX-License-Identifier: Apache-2.0

import Domain
import Tracking

/// Makes a profile of CSV as its bytes arrive: one header line, then rows, whose values are counted and let go.
package struct TableReader {
    private var records: CSVRecords
    private var rows: TableRows

    /// - Parameter file: Its name, for messages.
    package init(file: String, options: ReadingOptions = ReadingOptions()) {
        records = CSVRecords(file: file)
        rows = TableRows(file: file, options: options)
    }

    /// - Throws: `Problem` `.invalid` naming the line of what is wrong.
    package mutating func take(_ chunk: [UInt8]) throws { try Self.read(chunk, isLast: false, &records, into: &rows) }

    /// - Throws: `Problem` `.invalid` also for a file without a header line.
    package mutating func finish() throws -> TableProfile {
        try Self.read([], isLast: true, &records, into: &rows)
        return try rows.finish()
    }

    private static func read(_ chunk: [UInt8], isLast: Bool, _ records: inout CSVRecords, into rows: inout TableRows) throws {
        try records.read(
            chunk, isLast: isLast, field: { index, field in try rows.take(field, at: index) },
            endOfRecord: { count, line in try rows.endRecord(of: count, line: line) })
    }
}

/// The records of one file on their way into its profile.
private struct TableRows {
    let file: String
    let options: ReadingOptions
    private let nulls: [[UInt8]]
    private var header: [String] = []
    private var hasBegun = false
    private var profile = TableProfile(columns: [])
    private var scoreColumn = -1
    private var labelColumn = -1
    private var score: Double?
    private var label: Double?

    init(file: String, options: ReadingOptions) {
        self.file = file
        self.options = options
        nulls = options.nulls.map { Array($0.utf8) }
    }

    mutating func take(_ field: UnsafeRawBufferPointer, at index: Int) throws {
        guard hasBegun else {
            guard let name = String(validating: field, as: UTF8.self), !name.isEmpty, index < TableProfile.maximumColumns else {
                throw malformed(1, "Column \(index + 1) has no name in UTF-8, or there are more than \(TableProfile.maximumColumns).")
            }
            return header.append(name)
        }
        guard index < profile.columns.count else { return }
        let number = profile.columns[index].add(field: field, nulls: nulls)
        if index == scoreColumn { score = number }
        if index == labelColumn { label = number }
    }

    mutating func endRecord(of count: Int, line: Int) throws {
        guard hasBegun else { return try begin() }
        guard count == profile.columns.count else {
            throw malformed(line, "There are \(count) fields where the header has \(header.count).")
        }
        profile.endRow()
        guard labelColumn >= 0 else { return }
        profile.scored?.add(score: score, label: label)
        (score, label) = (nil, nil)
    }

    func finish() throws -> TableProfile {
        guard hasBegun else {
            throw Problem(
                .invalid, "profiling.file.empty", "'\(file.printable)' is empty.", why: "It has no header line.",
                fix: "Name the columns in the first line.")
        }
        return profile
    }

    private mutating func begin() throws(Problem) {
        var seen: Set<String> = []
        for name in header where !seen.insert(name).inserted { throw malformed(1, "Column '\(name.printable)' stands twice.") }
        profile = TableProfile(columns: header)
        if let score = options.score, let label = options.label, let first = header.firstIndex(of: score),
            let second = header.firstIndex(of: label)
        {
            (scoreColumn, labelColumn) = (first, second)
            profile.scored = ScoredPairs(score: score, label: label)
        }
        hasBegun = true
    }

    private func malformed(_ line: Int, _ why: String) -> Problem {
        Problem(
            .invalid, "profiling.file.malformed", "'\(file.printable)' is not a well-formed CSV file: line \(line).", why: why,
            fix: "Write it as RFC 4180 says: one header line with names that differ, the same number of fields in every line.")
    }
}
