// SPDX-License-Identifier: Apache-2.0

import Domain

/// Reads the CSV files of a snapshot as they stream, and profiles every column.
struct SnapshotProfiler {
    static let maximumColumns = 1_000
    /// Most bytes of one file after expansion: 1 TiB.
    static let maximumBytes: Int64 = 1 << 40

    private var names: [String] = []
    private var columns: [ColumnProfiler] = []
    private var rowCount: Int64 = 0

    static func reads(_ name: String) -> Bool { name.hasSuffix(".csv") || name.hasSuffix(".csv.gz") }

    /// - Throws: `Problem` `.invalid` naming file, line and column of what is wrong.
    mutating func read(_ bytes: any AsyncSequence<[UInt8], any Error> & Sendable, of file: String) async throws {
        var reading = FileReading(file: file)
        let gzip = file.hasSuffix(".gz") ? try GzipStream(file: file) : nil
        for try await chunk in bytes {
            try Task.checkCancellation()
            if let gzip {
                try gzip.expand(chunk) { try take($0, isLast: false, in: &reading) }
            } else {
                try take(chunk, isLast: false, in: &reading)
            }
        }
        try gzip?.finish()
        try take([], isLast: true, in: &reading)
        guard !reading.isInHeader else {
            throw Problem(
                .invalid, "tracking.snapshot.csv-empty", "'\(file.printable)' has no header line.",
                fix: "Name the columns in the first line.")
        }
    }

    func result() -> (columns: [SnapshotColumn], profile: SnapshotProfile) {
        let profiles = columns.map { $0.profile() }
        return (
            profiles.map { SnapshotColumn(name: $0.name, type: $0.type) }, SnapshotProfile(rowCount: rowCount, columns: profiles)
        )
    }

    private mutating func take(_ chunk: [UInt8], isLast: Bool, in reading: inout FileReading) throws {
        reading.byteCount += Int64(chunk.count)
        guard reading.byteCount <= Self.maximumBytes else {
            throw Problem(
                .tooLarge, "tracking.snapshot.too-large", "'\(reading.file.printable)' holds more than \(Self.maximumBytes) bytes.")
        }
        try reading.records.read(
            chunk, isLast: isLast,
            field: { index, field in
                if reading.isInHeader {
                    guard index < Self.maximumColumns, let name = String(validating: field, as: UTF8.self) else {
                        throw CSVProblem.malformed(
                            reading.file, line: 1,
                            index < Self.maximumColumns
                                ? "column \(index + 1) is not named in UTF-8" : "there are more than \(Self.maximumColumns) columns")
                    }
                    reading.header.append(name)
                } else if index < columns.count {
                    columns[index].add(field)
                }
            },
            endOfRecord: { count, line in
                if reading.isInHeader {
                    try begin(reading.header, in: reading.file)
                    reading.isInHeader = false
                } else {
                    guard count == columns.count else { throw miscounted(count, line: line, in: reading.file) }
                    rowCount += 1
                }
            })
    }

    private mutating func begin(_ header: [String], in file: String) throws(Problem) {
        guard names.isEmpty else {
            guard header == names else {
                throw CSVProblem.malformed(file, line: 1, "the columns differ from those of the files before it")
            }
            return
        }
        var seen: Set<String> = []
        for (index, name) in header.enumerated() {
            guard !name.isEmpty, name.utf8.count <= 250, !name.utf8.contains(0) else {
                throw CSVProblem.malformed(file, line: 1, "column \(index + 1) has no name of 1 to 250 bytes")
            }
            guard seen.insert(name).inserted else { throw CSVProblem.malformed(file, line: 1, "column '\(name.printable)' stands twice") }
        }
        names = header
        columns = header.enumerated().map { ColumnProfiler(name: $1, index: $0, of: header.count) }
    }

    private func miscounted(_ count: Int, line: Int, in file: String) -> Problem {
        let place =
            count < names.count ? "column '\(names[count].printable)' has no field" : "field \(names.count + 1) belongs to no column"
        return CSVProblem.malformed(file, line: line, "\(place): there are \(count) fields where the header has \(names.count)")
    }
}

/// How far one file has been read.
private struct FileReading {
    let file: String
    var records: CSVRecords
    var header: [String] = []
    var isInHeader = true
    var byteCount: Int64 = 0

    init(file: String) {
        self.file = file
        records = CSVRecords(file: file)
    }
}
