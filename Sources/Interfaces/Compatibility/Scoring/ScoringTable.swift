// SPDX-License-Identifier: Apache-2.0

import Domain
import Tracking

/// Rows that come as CSV: names in the first line, an empty field for a missing value.
enum ScoringTable {
    private static let maximumColumns = 10_000

    static func rows(_ bytes: [UInt8]) throws(Problem) -> ScoringRows {
        var columns: [ScoringRows.Column] = []
        var hasHeader = false
        do {
            var records = CSVRecords(file: "body")
            try records.read(
                bytes, isLast: true,
                field: { index, field in
                    guard let text = String(validating: field, as: UTF8.self) else { throw malformed("Field \(index + 1) is not UTF-8.") }
                    guard hasHeader else {
                        guard index < maximumColumns else { throw malformed("There are more than \(maximumColumns) columns.") }
                        columns.append(ScoringRows.Column(name: text, values: []))
                        return
                    }
                    guard index < columns.count else { return }
                    columns[index].values.append(text.isEmpty ? .null : .string(text))
                },
                endOfRecord: { count, line in
                    guard count == columns.count else {
                        throw malformed("Line \(line) has \(count) fields, the first has \(columns.count).")
                    }
                    hasHeader = true
                })
        } catch var problem as Problem {
            problem.code = "scoring.body.csv"
            throw problem
        } catch {
            throw malformed("\(error)")
        }
        guard hasHeader else { throw malformed("It is empty.") }
        return .columns(columns, isText: true)
    }

    private static func malformed(_ why: String) -> Problem {
        Problem(
            .invalid, "scoring.body.csv", "The body is not the CSV expected here.", why: why,
            fix: "Send the names of the columns in the first line, and as many fields in each line.")
    }
}
