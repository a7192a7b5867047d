// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// What a file of records holds, by the end of its name.
enum FileFormat: String, Sendable {
    case csv, jsonl, ndjson

    /// One row of a file: what it says as JSON, or what is wrong with it.
    struct Row: Sendable, Equatable {
        /// Counts from 1.
        var line: Int
        var text: String
        var value: Result<JSONValue, Problem>
    }

    init?(path: String) {
        self.init(rawValue: path.split(separator: ".").last.map { $0.lowercased() } ?? "")
    }

    /// All rows in order; empty lines are none.
    func rows(of bytes: [UInt8]) -> [Row] {
        switch self {
        case .csv: CSVRows(bytes).rows()
        case .jsonl, .ndjson: Self.lines(of: bytes)
        }
    }

    private static func lines(of bytes: [UInt8]) -> [Row] {
        var rows: [Row] = []
        var line = 0
        for part in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            line += 1
            guard part.contains(where: { $0 > 32 }) else { continue }
            let text = String(decoding: part, as: UTF8.self)
            let isText = String(validating: part, as: UTF8.self) != nil
            let value: Result<JSONValue, Problem> =
                isText
                ? Result { () throws(Problem) in try JSONReader.value(of: text) }.mapError { refusal(line, $0.why ?? $0.what) }
                : .failure(refusal(line, "It is not UTF-8."))
            rows.append(Row(line: line, text: text, value: value))
        }
        return rows
    }

    static func refusal(_ line: Int, _ why: String) -> Problem {
        Problem(
            .invalid, "streams.row.malformed", "Line \(line) of the file cannot be read.", why: why,
            fix: "Send the row again in another file.")
    }
}
