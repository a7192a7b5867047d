// SPDX-License-Identifier: Apache-2.0

import API
import ArgumentParser
import Client

/// `dhow execution reports …`
struct ExecutionReports: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reports", abstract: "Show what the tests and linters of an execution's steps found.")

    @OptionGroup var options: ClientOptions
    @Argument var execution: String

    func run() async throws {
        let page: Page<StepReportAnswer> = try await options.client().get(path("executions", execution, "reports"))
        if options.json { return try Output.json(page.items) }
        Output.table(
            ["step", "report", "tool", "passed", "skipped", "found"],
            page.items.map { [$0.step, $0.name, $0.tool ?? "-", "\($0.passed)", "\($0.skipped)", "\($0.found)"] })
        for report in page.items where report.found > 0 {
            print()
            for finding in report.findings { print("\(report.step)  \(finding.line(of: report))".withoutControls) }
            if report.found > report.findings.count { print("… and \(report.found - report.findings.count) more") }
        }
    }
}

extension StepReportAnswer.Finding {
    /// `error F401 in prepare.py:3:8: …`
    func line(of report: StepReportAnswer) -> String {
        let place = file.map { file in
            " in " + ([file] + [line, report.format == "sarif" ? column : nil].compactMap { $0.map(String.init) }).joined(separator: ":")
        }
        return "\(level) \(name)\(place ?? ""): \(message.split(separator: "\n").first ?? "")"
    }
}
