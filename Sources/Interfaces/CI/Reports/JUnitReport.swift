// SPDX-License-Identifier: Apache-2.0

import API

/// `junit.xml`: a suite for the steps, one for each gate, and one for each report of a tool, of which what did not pass is named.
struct JUnitReport {
    private struct Case {
        var name: String
        var seconds: Double?
        /// `failure`, `error` or `skipped`, with a message.
        var outcome: (element: String, message: String)?
    }

    let result: CIResult

    var text: String {
        var suites = [suite("steps", result.steps.map(test))]
        suites += result.gates.map { gate in suite("gate \(gate.gate)", gate.checks.map(test)) }
        suites += result.reports.map { report in
            let failed = report.findings.map { Case(name: $0.name, outcome: ("failure", $0.message)) }
            return suite("\(report.step) \(report.name)", failed, others: report.passed + report.found - report.findings.count)
        }
        if let problem = result.problem {
            suites.append(suite("run", [Case(name: result.pipeline, outcome: ("error", problem.what))]))
        }
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"\(Self.escaped("dhow " + result.pipeline))\">\n"
            + suites.joined() + "</testsuites>\n"
    }

    private func test(_ step: CIResult.Step) -> Case {
        let outcome: (String, String)? =
            switch step.state {
            case "succeeded", "reused": nil
            case "failed": ("failure", step.why ?? "The step failed.")
            default: ("skipped", step.state)
            }
        return Case(name: step.name, seconds: step.seconds, outcome: outcome)
    }

    private func test(_ check: CheckFindingAnswer) -> Case {
        Case(name: check.name, outcome: check.outcome == "passed" ? nil : ("failure", "\(check.outcome): \(check.reason)"))
    }

    /// - Parameter others: Cases that are counted and not named.
    private func suite(_ name: String, _ cases: [Case], others: Int = 0) -> String {
        func count(_ element: String) -> Int { cases.count { $0.outcome?.element == element } }
        var text =
            " <testsuite name=\"\(Self.escaped(name))\" tests=\"\(cases.count + others)\" failures=\"\(count("failure"))\" "
            + "errors=\"\(count("error"))\" skipped=\"\(count("skipped"))\" time=\"\(cases.compactMap(\.seconds).reduce(0, +))\">\n"
        for test in cases {
            text += "  <testcase classname=\"\(Self.escaped(name))\" name=\"\(Self.escaped(test.name))\" time=\"\(test.seconds ?? 0)\""
            guard let outcome = test.outcome else {
                text += "/>\n"
                continue
            }
            text += "><\(outcome.element) message=\"\(Self.escaped(outcome.message))\"/></testcase>\n"
        }
        return text + " </testsuite>\n"
    }

    /// For attributes; what XML 1.0 cannot hold is a replacement character.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n", "\t", "\r": escaped += "&#\(scalar.value);"
            case _ where scalar.value < 32 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
