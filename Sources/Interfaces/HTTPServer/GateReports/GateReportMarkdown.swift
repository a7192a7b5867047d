// SPDX-License-Identifier: Apache-2.0

import Delivery
import Foundation

/// A gate report for a merge request or a chat: GitHub's Markdown, in which nothing of the report is markup.
struct GateReportMarkdown {
    let report: GateReport

    var text: String {
        var lines = [
            "# Gate \(plain(report.gate)): \(report.outcome.rawValue)", "", plain(GateReportText.consequence(report)), "",
            "| what | value |", "|---|---|",
        ]
        lines += GateReportText.facts(report).map { "| \($0.name) | \(plain($0.value)) |" }
        lines += ["", "| check | outcome | reason | evidence |", "|---|---|---|---|"]
        for check in report.findings.checks {
            let evidence = check.evidence.sorted { $0.key < $1.key }.map { "\($0.key) \(GateReportText.number($0.value))" }
            lines.append(
                "| \(plain(check.name)) | \(check.outcome.rawValue) | \(plain(check.reason)) | \(plain(evidence.joined(separator: ", "))) |"
            )
        }
        for check in report.findings.checks {
            guard let details = check.details, !details.isEmpty else { continue }
            let columns = GateReportText.columns(of: details)
            lines += ["", "## \(plain(check.name))", "", "| \(columns.map(plain).joined(separator: " | ")) |"]
            lines.append("|" + String(repeating: "---|", count: columns.count))
            for detail in details {
                lines.append("| \(columns.map { plain(GateReportText.number(detail[$0] ?? "")) }.joined(separator: " | ")) |")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One line in which Markdown and HTML find nothing of their own.
    private func plain(_ text: String) -> String {
        var plain = ""
        for character in text.unicodeScalars {
            switch character {
            case "\n", "\r", "\t": plain += " "
            case "<": plain += "&lt;"
            case ">": plain += "&gt;"
            case "&": plain += "&amp;"
            case "\\", "`", "*", "_", "{", "}", "[", "]", "(", ")", "#", "+", "!", "|", "~", "@": plain += "\\" + String(character)
            default: plain.unicodeScalars.append(character)
            }
        }
        return plain
    }
}
