// SPDX-License-Identifier: Apache-2.0

/// A drift report as JUnit's XML: a suite for the table, a case for each test of a column. A finding is a failure, and a test on too few rows is
/// skipped.
struct JUnitReport {
    let report: DriftReport

    init(_ report: DriftReport) {
        self.report = report
    }

    var text: String {
        let cases =
            report.columns.flatMap { column in column.tests.map { (column: column.name, test: $0) } }
            + (report.performance?.tests ?? []).map { (column: "performance", test: $0) }
        let failures = cases.count { $0.test.isFinding }
        let skipped = cases.count { isSkipped($0.test) }
        let counts = "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites name=\"drift\" \(counts)>",
            "  <testsuite name=\"\(escaped(report.window.name))\" \(counts)>",
        ]
        for (column, test) in cases {
            let opening = "    <testcase classname=\"\(escaped(column))\" name=\"\(test.aspect.rawValue)\""
            if test.isFinding {
                let kind = "type=\"\(test.severity.rawValue)\""
                lines += [
                    opening + ">", "      <failure \(kind) message=\"\(escaped(test.explanation))\">\(escaped(details(test)))</failure>",
                    "    </testcase>",
                ]
            } else if isSkipped(test) {
                let why = "\(min(test.baselineRows, test.windowRows)) rows; \(report.settings.minimumRows) are needed."
                lines += [opening + ">", "      <skipped message=\"\(why)\"/>", "    </testcase>"]
            } else {
                lines.append(opening + "/>")
            }
        }
        return (lines + ["  </testsuite>", "</testsuites>", ""]).joined(separator: "\n")
    }

    private func isSkipped(_ test: DriftTest) -> Bool { !test.isFinding && !test.hasEnoughRows }

    private func details(_ test: DriftTest) -> String {
        let effect = test.effect
        return "\(test.method), p \(test.pValue.map(number) ?? "–"), among all tests \(test.listedPValue.map(number) ?? "–") (list), "
            + "\(test.pagedPValue.map(number) ?? "–") (paging); \(effect.measure) \(number(effect.value)), of which chance makes "
            + "\(number(effect.noise)); limit \(number(effect.limit)); rows \(test.baselineRows) and \(test.windowRows)."
    }
}
