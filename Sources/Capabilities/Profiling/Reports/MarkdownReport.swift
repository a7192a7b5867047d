// SPDX-License-Identifier: Apache-2.0

/// A drift report as Markdown, for a pull request or a log.
struct MarkdownReport {
    let report: DriftReport

    init(_ report: DriftReport) {
        self.report = report
    }

    var text: String {
        var lines = ["# Drift: \(report.verdict.rawValue)", "", cell(report.summary), ""]
        if !report.findings.isEmpty {
            lines += ["| column | aspect | severity | pages | adjusted p | effect | limit | what |", "|---|---|---|---|---|---|---|---|"]
            for finding in report.findings {
                let test = finding.test
                lines.append(
                    row([
                        finding.column, test.aspect.rawValue, test.severity.rawValue, test.pages ? "yes" : "no",
                        test.listedPValue.map(number) ?? "–", "\(test.effect.measure) \(number(test.effect.excess))",
                        number(test.effect.limit),
                        test.explanation,
                    ]))
            }
            lines.append("")
        }
        if !report.newColumns.isEmpty {
            lines += ["New columns: " + report.newColumns.map(cell).joined(separator: ", ") + ".", ""]
        }
        if let performance = report.performance {
            lines += ["## Performance", "", "| measure | baseline | window |", "|---|---|---|"]
            lines += performance.rows.map(row) + [""]
        }
        lines += ["## Columns", "", "| column | role | kind | rows | missing | mean | mean now | largest effect / limit | drifted |"]
        lines.append("|---|---|---|---|---|---|---|---|---|")
        for column in report.columns {
            lines.append(
                row([
                    column.name, column.role.rawValue, column.window?.kind.rawValue ?? "gone", column.window.map { "\($0.rows)" } ?? "0",
                    "\(column.baseline?.missing ?? 0) → \(column.window?.missing ?? 0)", column.baseline?.mean.map(number) ?? "–",
                    column.window?.mean.map(number) ?? "–", column.tests.map(\.effect.ratio).max().map(number) ?? "–",
                    column.hasDrifted ? "**yes**" : "no",
                ]))
        }
        return (lines + ["", report.statement, ""]).joined(separator: "\n")
    }

    private func row(_ cells: [String]) -> String { "| " + cells.map(cell).joined(separator: " | ") + " |" }

    /// Text of others as text: neither a column of the table nor a tag.
    private func cell(_ text: String) -> String {
        let printable = text.map { $0.isNewline || $0 == "\t" ? " " : $0 }
        return String(printable).replacing("\\", with: "\\\\").replacing("|", with: "\\|").replacing("<", with: "&lt;")
            .replacing("`", with: "\\`")
    }
}

extension PerformanceReport {
    /// Measure, baseline, window.
    var rows: [[String]] {
        func row(_ name: String, _ value: (Side) -> Double?) -> [String]? {
            guard value(baseline) != nil || value(window) != nil else { return nil }
            return [name, value(baseline).map(number) ?? "–", value(window).map(number) ?? "–"]
        }
        return [
            ["rows with score and label", "\(baseline.pairs)", "\(window.pairs)"], row("ROC area", \.rocArea), row("log loss", \.logLoss),
            row("Brier score", \.brier), row("mean absolute error", \.meanAbsoluteError),
            row("root mean square error", \.rootMeanSquareError),
        ].compactMap(\.self)
    }
}
