// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How a drift report is written.
package enum ReportFormat: String, CaseIterable, Sendable {
    case json, html, markdown, junit

    /// Of the file in a folder of reports.
    package var fileName: String {
        switch self {
        case .json: "drift.json"
        case .html: "drift.html"
        case .markdown: "drift.md"
        case .junit: "drift.junit.xml"
        }
    }

    package func text(_ report: DriftReport) throws -> String {
        switch self {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
            return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
        case .html: return HTMLReport(report).text
        case .markdown: return MarkdownReport(report).text
        case .junit: return JUnitReport(report).text
        }
    }
}

extension DriftReport {
    /// One sentence for people.
    package var summary: String {
        let rows = "\(window.rows) rows of '\(window.name)' against \(baseline.rows) of '\(baseline.name)'"
        switch verdict {
        case .unchanged: return "Nothing drifted: \(rows), \(tests) tests."
        case .undecided: return "Undecided: \(rows); \(settings.minimumRows) are needed on both sides."
        case .drifted:
            let names = columns.filter(\.hasDrifted).map(\.name)
            let listed = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
            let what = names.isEmpty ? "Performance fell" : "\(names.count) of \(columns.count) columns drifted (\(listed))"
            return "\(what): \(rows), \(tests) tests\(pages ? "" : "; none is beyond chance enough for paging")."
        }
    }
}

/// Text as it may stand in XML and HTML.
func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\"": escaped += "&quot;"
        case "'": escaped += "&#39;"
        // XML knows no other control characters.
        case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
        default: escaped.unicodeScalars.append(scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value) ? "\u{FFFD}" : scalar)
        }
    }
    return escaped
}
