// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@testable import Profiling

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite("Reports tell the same to people and programs")
struct ReportTests {
    private func report() throws -> DriftReport {
        let before = (0..<400).map { "\($0),<b>&\"\($0 % 3)\"," }.map { $0.replacing("\"", with: "") }
        let after = (0..<400).map { "\($0 * 3),|new\u{1}|,1" }
        return ProfileJudge().judge(
            try Rows.profile("x,t<script>,n\n" + after.joined(separator: "\n")),
            against: try Rows.profile("x,t<script>,n\n" + before.joined(separator: "\n")), names: ("a&b.csv", "c.csv"))
    }

    @Test("the HTML page stands by itself, escapes what is in the data, and draws every column")
    func html() throws {
        let page = try ReportFormat.html.text(report())
        #expect(page.contains("Drift report") && !page.contains("<script") && !page.contains("http://") && !page.contains("src="))
        #expect(page.contains("t&lt;script&gt;") && page.contains("a&amp;b.csv"))
        #expect(page.components(separatedBy: "aria-label=\"Shares of both sides\"").count == 3)
    }

    @Test("JUnit's XML is well formed, with a failure for each finding")
    func junit() throws {
        let report = try report()
        let text = try ReportFormat.junit.text(report)
        #expect(text.components(separatedBy: "<failure").count - 1 == report.findings.count && report.findings.count >= 3)
        #expect(text.contains("failures=\"\(report.findings.count)\"") && !text.unicodeScalars.contains("\u{1}"))
        let parser = XMLParser(data: Data(text.utf8))
        #expect(parser.parse())
    }

    @Test("JSON reads back to the same report, and Markdown keeps its table whatever the data hold")
    func others() throws {
        let report = try report()
        let json = try ReportFormat.json.text(report)
        #expect(try JSONDecoder().decode(DriftReport.self, from: Data(json.utf8)) == report)
        let lines = try ReportFormat.markdown.text(report).split(separator: "\n").filter { $0.hasPrefix("| t") }
        #expect(lines.allSatisfy { !$0.contains("<") })
        #expect(report.summary.contains("drifted"))
    }
}
