// SPDX-License-Identifier: Apache-2.0

/// A drift report as one HTML page that needs nothing else: no script, no network, charts drawn in the page.
struct HTMLReport {
    let report: DriftReport

    init(_ report: DriftReport) {
        self.report = report
    }

    var text: String {
        let drifted = report.columns.filter(\.hasDrifted)
        let rest = report.columns.filter { !$0.hasDrifted && $0.role != .ignored }
        let ignored = report.columns.filter { $0.role == .ignored }.map(\.name)
        var body = "<header><h1>Drift report <span class=\"badge \(report.verdict.rawValue)\">\(report.verdict.rawValue)</span></h1>"
        body += "<p>\(escaped(report.summary))</p>"
        body += "<p class=\"legend\"><i class=\"b\"></i> baseline: \(escaped(report.baseline.name)) <i class=\"w\"></i> window: "
        body += "\(escaped(report.window.name))</p></header>"
        body += findings
        if let performance = report.performance {
            body += "<h2>Performance</h2>" + table(["measure", "baseline", "window"], performance.rows.map { $0.map(escaped) })
        }
        if !report.newColumns.isEmpty { body += "<p>New columns: \(escaped(report.newColumns.joined(separator: ", "))).</p>" }
        if !drifted.isEmpty { body += "<h2>Columns that drifted</h2>" + drifted.map(section).joined() }
        if !rest.isEmpty { body += "<h2>Columns that did not</h2>" + rest.map(section).joined() }
        if !ignored.isEmpty { body += "<p>Not looked at: \(escaped(ignored.joined(separator: ", "))).</p>" }
        body += "<footer>\(escaped(report.statement)) Made by Dhow.</footer>"
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>Drift: \(report.verdict.rawValue)</title><style>\(Self.style)</style></head><body><main>\(body)</main></body></html>

            """
    }

    private var findings: String {
        guard !report.findings.isEmpty else { return "" }
        let rows = report.findings.map { finding in
            let test = finding.test
            return [
                "<b>\(escaped(finding.column))</b>", test.aspect.rawValue,
                "<span class=\"\(test.severity.rawValue)\">\(test.severity.rawValue)</span>",
                test.pages ? "yes" : "no", test.listedPValue.map(number) ?? "–",
                bar(test.effect), escaped(test.explanation),
            ]
        }
        return "<h2>Findings</h2>" + table(["column", "aspect", "severity", "pages", "adjusted p", "effect, in limits", "what"], rows)
    }

    /// The effect beside its limit, drawn to at most five limits.
    private func bar(_ effect: DriftTest.Effect) -> String {
        let width = min(effect.ratio, 5) * 20
        return
            "<svg class=\"bar\" viewBox=\"0 0 100 10\" width=\"100\" height=\"10\" role=\"img\" aria-label=\"\(number(effect.ratio)) limits\">"
            + "<rect width=\"100\" height=\"10\" class=\"rail\"/><rect width=\"\(number(width))\" height=\"10\" class=\"fill\"/>"
            + "<path d=\"M20 0V10\" class=\"mark\"/></svg> \(effect.ratio < 1000 ? number(effect.ratio) : "≫ 1")"
    }

    private func section(_ column: ColumnReport) -> String {
        var text = "<section><h3>\(escaped(column.name)) <small>\(column.role.rawValue)</small></h3>"
        if let unit = column.unitChange { text += "<p class=\"critical\">The unit looks changed: \(escaped(unit)).</p>" }
        text += "<div class=\"pair\">"
        if let chart = column.chart { text += ChartDrawing(chart).svg }
        text += table(["", "baseline", "window"], facts(column)) + "</div>"
        if !column.tests.isEmpty {
            text += table(
                ["test", "method", "p", "adjusted p", "effect", "chance", "limit", ""],
                column.tests.map { test in
                    [
                        test.aspect.rawValue, escaped(test.method), test.pValue.map(number) ?? "–", test.listedPValue.map(number) ?? "–",
                        "\(escaped(test.effect.measure)) \(number(test.effect.value))", number(test.effect.noise),
                        number(test.effect.limit),
                        test.isFinding
                            ? "<span class=\"\(test.severity.rawValue)\">\(test.severity.rawValue)</span>"
                            : test.hasEnoughRows ? "" : "too few rows",
                    ]
                })
        }
        return text + "</section>"
    }

    private func facts(_ column: ColumnReport) -> [[String]] {
        func row(_ name: String, _ value: (ColumnReport.Side) -> String?) -> [String]? {
            let cells = [column.baseline.flatMap(value), column.window.flatMap(value)]
            return cells.allSatisfy { $0 == nil } ? nil : [name] + cells.map { $0 ?? "–" }
        }
        return [
            row("kind") { $0.kind.rawValue }, row("rows") { "\($0.rows)" },
            row("missing") { $0.rows > 0 ? percent(Double($0.missing) / Double($0.rows)) : nil }, row("mean") { $0.mean.map(number) },
            row("deviation") { $0.deviation.map(number) }, row("smallest") { $0.minimum.map(number) },
            row("median") { $0.median.map(number) }, row("largest") { $0.maximum.map(number) },
            row("different") { $0.isDistinctExact ? number($0.distinct) : "many" },
        ].compactMap(\.self)
    }

    private func table(_ heads: [String], _ rows: [[String]]) -> String {
        "<table><tr>" + heads.map { "<th>\($0)</th>" }.joined() + "</tr>"
            + rows.map { "<tr>" + $0.map { "<td>\($0)</td>" }.joined() + "</tr>" }.joined() + "</table>"
    }

    private static let style = """
        body{font:14px/1.45 system-ui,sans-serif;margin:0;background:#f6f7f9;color:#1d2733}main{max-width:1080px;margin:0 auto;padding:24px}
        h1{font-size:22px;margin:0 0 6px}h2{font-size:17px;margin:28px 0 10px}h3{font-size:15px;margin:0 0 8px}small{color:#68778a;font-weight:400}
        section,header{background:#fff;border:1px solid #dfe4ea;border-radius:8px;padding:14px 16px;margin:0 0 12px;overflow-x:auto}
        table{border-collapse:collapse;font-size:13px;margin:4px 0}td,th{padding:3px 12px 3px 0;text-align:left;vertical-align:top;border-bottom:1px solid #edf0f3}
        th{color:#68778a;font-weight:500}.pair{display:flex;gap:24px;flex-wrap:wrap;align-items:flex-start}
        .badge{font-size:13px;padding:2px 9px;border-radius:10px;vertical-align:3px;color:#fff}.drifted{background:#b3261e}.unchanged{background:#2e7d46}
        .undecided{background:#8a6d00}.critical{color:#b3261e;font-weight:600}.warning{color:#8a5a00;font-weight:600}
        .legend i{display:inline-block;width:11px;height:11px;border-radius:2px;margin:0 4px 0 10px}.b{fill:#8fa3ba;background:#8fa3ba}
        .w{fill:#d9722e;background:#d9722e}.rail{fill:#edf0f3}.fill{fill:#d9722e}.mark{stroke:#1d2733;stroke-width:1}
        svg text{font:10px system-ui,sans-serif;fill:#68778a}.axis{stroke:#c4ccd6}footer{color:#68778a;font-size:12px;margin:24px 0}
        """
}
