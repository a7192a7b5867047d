// SPDX-License-Identifier: Apache-2.0

/// The report as one HTML file that needs nothing else: no script, no font, no image from outside.
struct DemoPage {
    let report: DemoReport

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Dhow: a model's year</title>
        <style>
        \(DemoPageStyle.text)
        </style>
        </head>
        <body>
        <header>
        <p class="name">Dhow</p>
        <h1>A model's year on real flights</h1>
        <p class="lead">\(lead)</p>
        </header>
        <main>
        \(tiles)
        \(charts)
        <section aria-labelledby="months"><h2 id="months">Month by month</h2>
        \(table)
        </section>
        <section aria-labelledby="faults"><h2 id="faults">When things go wrong</h2>
        \(faults)
        </section>
        <section aria-labelledby="lineage"><h2 id="lineage">Where one prediction came from</h2>
        \(report.lineage.isEmpty ? "<p class=\"empty\">No prediction was traced.</p>" : "<pre>\(lines(report.lineage))</pre>")
        </section>
        <section aria-labelledby="ledger"><h2 id="ledger">The ledger</h2>
        \(ledger)
        </section>
        </main>
        <footer><p>\(time)</p></footer>
        </body>
        </html>

        """
    }

    private var lead: String {
        let rows = ReportText.count(report.months.reduce(0) { $0 + $1.rows })
        return "Trained, released, served, watched, retrained and refused through the HTTP API: \(rows) flights over "
            + "\(report.months.count) months. Will a flight land more than 15 minutes late? Every number below was measured; no decision was scripted."
    }

    private var tiles: String {
        func tile(_ number: String, _ text: String, _ style: String = "") -> String {
            "<li class=\"tile \(style)\"><b>\(number)</b> \(text)</li>"
        }
        func count(_ decision: DemoReport.Decision) -> Int { report.months.count { $0.decision == decision } }
        let rollback = report.faults.brokenCandidate
        return "<ul class=\"tiles\">"
            + [
                tile("\(count(.promoted))", "challengers promoted", "promoted"), tile("\(count(.refused))", "refused", "refused"),
                tile("\(count(.keep))", "months kept", "keep"), tile("\(count(.blocked))", "retrains blocked", "blocked"),
                tile(
                    rollback.map { "\(ReportText.decimal($0.secondsToRollback, 1)) s" } ?? ReportText.missing,
                    "to roll a broken candidate back"),
                tile(ReportText.count(report.ledger.entries), "ledger entries, \(report.ledger.verified ? "verified" : "not verified")"),
            ].joined() + "</ul>"
    }

    private var table: String {
        let rows = report.months.map { month in
            "<tr><th scope=\"row\">\(ReportText.month(month.month))</th>"
                + [
                    ReportText.count(month.rows), ReportText.percent(month.lateRate), ReportText.decimal(month.championAUC),
                    ReportText.decimal(month.challengerAUC), ReportText.decimal(month.championLogLoss),
                    ReportText.decimal(month.challengerLogLoss),
                ].map { "<td class=\"number\">\($0)</td>" }.joined()
                + "<td>\(ReportText.escaped(ReportText.drift(month.drift)))</td>"
                + "<td><span class=\"badge \(month.decision.rawValue)\">\(ReportText.decision(month.decision))</span></td>"
                + "<td class=\"why\">\(ReportText.escaped(month.reason))</td></tr>"
        }
        return """
            <div class="scroll" tabindex="0" role="region" aria-labelledby="months"><table>
            <thead><tr><th scope="col">Month</th><th scope="col" class="number">Flights</th><th scope="col" class="number">Late</th>\
            <th scope="col" class="number">AUC</th><th scope="col" class="number">AUC of challenger</th>\
            <th scope="col" class="number">Log loss</th><th scope="col" class="number">Log loss of challenger</th>\
            <th scope="col">Drift (PSI)</th><th scope="col">Decision</th><th scope="col">Why</th></tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody></table></div>
            """
    }

    private var faults: String {
        func card(_ title: String, _ holds: Bool?, _ verdict: String, _ reason: String) -> String {
            let style = holds.map { $0 ? "good" : "bad" } ?? "unknown"
            return
                "<article class=\"card \(style)\"><h3>\(title)</h3><p class=\"verdict\">\(verdict)</p><p>\(ReportText.escaped(reason))</p></article>"
        }
        func broken(_ title: String, _ fault: DemoReport.BrokenCandidate?) -> String {
            guard let fault else { return card(title, nil, "Not tried", "") }
            return card(
                title, fault.rolledBack,
                fault.rolledBack
                    ? "Rolled back after \(ReportText.decimal(fault.secondsToRollback, 1)) s and \(ReportText.count(fault.predictionsServed)) predictions"
                    : "Not rolled back; it answered \(ReportText.count(fault.predictionsServed)) predictions", fault.reason)
        }
        func data(_ title: String, _ fault: DemoReport.DataFault?) -> String {
            guard let fault else { return card(title, nil, "Not tried", "") }
            return card(
                title, fault.detected && fault.retrainBlocked,
                "\(fault.detected ? "Recognised" : "Not recognised"); retraining \(fault.retrainBlocked ? "blocked" : "not blocked")",
                fault.reason)
        }
        let late = report.faults.lateLabels.map { late in
            card(
                "Labels three days late", late.waited && late.judged,
                "\(late.waited ? "Waited for" : "Not waited for"); \(late.judged ? "then judged" : "not judged with them")", late.reason)
        }
        return "<div class=\"cards\">\(broken("A broken candidate", report.faults.brokenCandidate))"
            + broken("A candidate broken for one carrier", report.faults.brokenSegment)
            + report.faults.ofData.map { data($0.title, $0.fault) }.joined()
            + "\(late ?? card("Labels three days late", nil, "Not tried", ""))</div>"
    }

    private var ledger: String {
        let verdict = report.ledger.verified ? "The whole tree was checked against its signed checkpoint." : "The ledger did not verify."
        let checkpoint = report.ledger.checkpoint.map { "<pre>\(ReportText.escaped($0))</pre>" } ?? ""
        return "<p>\(ReportText.count(report.ledger.entries)) entries. \(verdict)</p>\(checkpoint)"
    }

    private var time: String {
        let seconds = report.seconds
        let others = [(seconds.trainingCPU, "training"), (seconds.driverCPU, "this driver")]
            .compactMap { time, name in time.map { "\(ReportText.decimal($0, 1)) s \(name)" } }
        let processor = (["\(ReportText.decimal(seconds.dhowCPU, 1)) s dhow"] + others).joined(separator: ", ")
        return "\(ReportText.decimal(seconds.total, 1)) s by the clock; processor: \(processor)."
    }

    private func lines(_ lines: [String]) -> String {
        lines.map(ReportText.escaped).joined(separator: "\n")
    }
}
