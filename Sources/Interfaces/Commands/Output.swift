// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation

/// What a command prints: a table to people, JSON to programs.
package enum Output {
    package static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Columns are as wide as their widest cell; the last one is not padded.
    package static func table(_ columns: [String], _ rows: [[String]]) {
        // Texts of other people are printed as they are, but for what would steer the terminal.
        let rows = rows.map { $0.map { $0.replacing(/[[:cntrl:]]/, with: "\u{FFFD}") } }
        let widths = columns.indices.map { index in
            ([columns] + rows).map { $0[index].count }.max() ?? 0
        }
        for row in [columns.map { $0.uppercased() }] + rows {
            let cells = row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            print(cells.joined(separator: "  "))
        }
    }

    /// `2026-11-23 18:26:05Z`.
    package static func time(_ milliseconds: Int64?) -> String {
        guard let milliseconds else { return "-" }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(
            .iso8601.year().month().day().time(includingFractionalSeconds: false).dateTimeSeparator(.space)) + "Z"
    }

    /// A line that is read while the work goes on, also through a pipe.
    package static func progress(_ line: String) {
        print(line)
        fflush(nil)
    }

    package static func complain(_ problem: Problem) {
        if let faults = problem.faults { Self.faults(faults) }
        var text = "dhow: \(problem.what)\n"
        if let why = problem.why { text += "  why: \(why)\n" }
        if let fix = problem.fix { text += "  fix: \(fix)\n" }
        FileHandle.standardError.write(Data(text.utf8))
    }
}

extension Problem {
    /// The process's exit status: a refusal (10) is told apart from a malfunction (1).
    package var exitCode: Int32 {
        switch kind {
        case .invalid, .tooLarge: 64
        case .notFound: 66
        case .unavailable, .exhausted, .storageFull: 75
        case .unauthenticated, .forbidden: 77
        case .rejected: 10
        case .conflict, .internal: 1
        }
    }
}
