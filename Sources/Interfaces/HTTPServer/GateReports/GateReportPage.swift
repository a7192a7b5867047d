// SPDX-License-Identifier: Apache-2.0

import Delivery
import Foundation

/// A gate report as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere.
struct GateReportPage {
    /// Sent beside the page: even if something in it were markup, it could load and run nothing.
    static let contentSecurityPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    let report: GateReport
    /// Stands above the checks, as HTML.
    var insert = ""

    var text: String {
        let title = "Gate \(report.gate): \(report.outcome.rawValue)"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Self.escaped(title))</title>
            <style>\(GateReportStyle.text)</style>
            </head>
            <body>
            <header>
            <p class="name">dhow</p>
            <h1>Gate \(Self.escaped(report.gate)) <span class="badge \(report.outcome.rawValue)">\(report.outcome.rawValue)</span></h1>
            <p class="lead">\(Self.escaped(report.findings.model)) version \(report.findings.version). \
            \(Self.escaped(GateReportText.consequence(report)))</p>
            </header>
            <main>
            \(insert)
            <h2>Checks</h2>
            \(report.findings.checks.map(card).joined(separator: "\n"))
            <h2>What was judged</h2>
            <dl>\(GateReportText.facts(report).map { "<dt>\($0.name)</dt><dd>\(Self.escaped($0.value))</dd>" }.joined())</dl>
            </main>
            <footer>Approvals of this version rest on the digest above; the ledger tells who judged and who decided.</footer>
            </body>
            </html>

            """
    }

    private func card(_ check: CheckFinding) -> String {
        let evidence = check.evidence.sorted { $0.key < $1.key }.map {
            "<div><dt>\(Self.escaped($0.key))</dt><dd>\(Self.escaped(GateReportText.number($0.value)))</dd></div>"
        }
        return """
            <section class="card \(check.outcome.rawValue)">
            <h3>\(Self.escaped(check.name)) <span class="badge \(check.outcome.rawValue)">\(check.outcome.rawValue)</span></h3>
            <p>\(Self.escaped(check.reason))</p>
            \(IntervalFigure(evidence: check.evidence)?.svg ?? "")
            \(evidence.isEmpty ? "" : "<dl class=\"evidence\">\(evidence.joined())</dl>")
            \(check.details.map(table) ?? "")
            </section>
            """
    }

    private func table(_ details: [[String: String]]) -> String {
        let columns = GateReportText.columns(of: details)
        let head = columns.map { "<th scope=\"col\">\(Self.escaped($0))</th>" }.joined()
        let rows = details.map { detail in
            "<tr>"
                + columns.map { column in
                    let text = GateReportText.number(detail[column] ?? "")
                    return column == "outcome"
                        ? "<td><span class=\"badge \(Self.escaped(text.replacing(" ", with: "-")))\">\(Self.escaped(text))</span></td>"
                        : "<td class=\"\(Double(text) == nil ? "" : "number")\">\(Self.escaped(text))</td>"
                }.joined() + "</tr>"
        }
        return "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>"
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
