// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// The first line of a CSV file, also one compressed with gzip.
package enum CSVHeader {
    private static let chunk = 64 << 10

    /// - Parameter name: For messages; tells by `.gz` whether the file is compressed.
    /// - Throws: `Problem` `.invalid` for a file without a header line, or one that is no CSV.
    package static func columns(ofFile path: String, named name: String) throws -> [String] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Problem(.notFound, "tracking.snapshot.csv-missing", "'\(name.printable)' cannot be read.")
        }
        defer { try? handle.close() }
        var records = CSVRecords(file: name)
        let gzip = name.hasSuffix(".gz") ? try GzipStream(file: name) : nil
        var fields: [String] = []
        var header: [String]?
        func take(_ bytes: [UInt8], isLast: Bool) throws {
            try records.read(
                bytes, isLast: isLast,
                field: { index, field in
                    guard index < SnapshotProfiler.maximumColumns, let text = String(validating: field, as: UTF8.self), !text.isEmpty else {
                        throw CSVProblem.malformed(name, line: 1, "column \(index + 1) has no name in UTF-8, or there are too many")
                    }
                    fields.append(text)
                },
                endOfRecord: { _, _ in
                    header = fields
                    throw HeaderFound()
                })
        }
        do {
            while let data = try handle.read(upToCount: chunk), !data.isEmpty {
                if let gzip {
                    try gzip.expand(Array(data)) { try take($0, isLast: false) }
                } else {
                    try take(Array(data), isLast: false)
                }
            }
            try take([], isLast: true)
        } catch is HeaderFound {}
        guard let header else {
            throw Problem(
                .invalid, "tracking.snapshot.csv-empty", "'\(name.printable)' has no header line.",
                fix: "Name the columns in the first line.")
        }
        return header
    }
}

/// What follows the header is not looked at.
private struct HeaderFound: Error {}
