// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Testing

@testable import Pipelines

@Suite("Reports of steps")
struct StepReportTests {
    /// The shape that pytest 8 writes (`--junitxml`), with a failure, an error, a skipped and a passed test.
    private static let junit = """
        <?xml version="1.0" encoding="utf-8"?>
        <testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.02">
        <testcase classname="tests.test_rows" name="test_months" time="0.001" />
        <testcase classname="tests.test_rows" name="test_delay[3]" file="/w/a1/tests/test_rows.py" line="9" time="0.001">
        <failure message="assert 3 &lt; 2">def test_delay…</failure></testcase>
        <testcase classname="tests.test_rows" name="test_later"><skipped type="pytest.skip" message="later"/></testcase>
        <testcase classname="" name="tests.test_broken"><error message="collection failure">ImportError: nothing</error></testcase>
        </testsuite></testsuites>
        """

    private static let sarif = """
        {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "ruff"}}, "results": [
          {"ruleId": "F401", "level": "error", "message": {"text": "`os` imported but unused"},
           "locations": [{"physicalLocation": {"artifactLocation": {"uri": "file:///w/a1/pre%20pare.py"},
                                               "region": {"startLine": 3, "startColumn": 8}}}]},
          {"ruleId": "X1", "message": {"text": "hidden"}, "suppressions": [{"kind": "inSource"}]},
          {"ruleId": "X2", "kind": "pass", "message": {"text": "fine"}},
          {"rule": {"id": "X3"}, "message": {"text": "anywhere"}}]}]}
        """

    @Test func `tests that passed, failed and were skipped are told apart`() throws {
        let report = try StepReport.Format.junit.read(Array(Self.junit.utf8), in: "/w/a1", output: "tests")
        #expect(report.tool == "pytest tests")
        #expect((report.passed, report.skipped, report.found) == (1, 1, 2))
        #expect(
            report.findings == [
                StepReport.Finding(.error, "tests.test_rows::test_delay[3]", "assert 3 < 2", file: "tests/test_rows.py", line: 9),
                StepReport.Finding(.error, "tests.test_broken", "collection failure"),
            ])
    }

    @Test func `a linter's findings have rule, place and level`() throws {
        let report = try StepReport.Format.sarif.read(Array(Self.sarif.utf8), in: "/w/a1", output: "lint")
        #expect(report.tool == "ruff")
        #expect(
            report.findings == [
                StepReport.Finding(.error, "F401", "`os` imported but unused", file: "pre pare.py", line: 3, column: 8),
                StepReport.Finding(.warning, "X3", "anywhere"),
            ])
    }

    @Test func `all findings are counted and the first are kept`() throws {
        let cases = (0..<700).map { "<testcase name=\"t\($0)\"><failure>\(String(repeating: "x", count: 5_000))</failure></testcase>" }
        let report = try StepReport.Format.junit.read(Array("<testsuite>\(cases.joined())</testsuite>".utf8), in: "/w", output: "tests")
        #expect(report.found == 700)
        #expect(report.findings.count == StepReport.mostFindings)
        #expect(report.findings.allSatisfy { $0.message.count <= 2_001 })
    }

    @Test(arguments: [
        "", "no report", "<html></html>", "<testsuite><testcase name='a'></testsuite>",
        "<!DOCTYPE a [<!ENTITY b \"c\">]><testsuite>&b;</testsuite>", String(repeating: "<testsuite>", count: 10_000),
    ]) func `what is no JUnit report is refused`(text: String) {
        #expect(throws: Problem.self) { try StepReport.Format.junit.read(Array(text.utf8), in: "/w", output: "tests") }
    }

    @Test(arguments: ["", "{}", "[]", "{\"version\": \"1.0.0\", \"runs\": []}", String(repeating: "[", count: 100_000)])
    func `what is no SARIF log is refused`(text: String) {
        #expect(throws: Problem.self) { try StepReport.Format.sarif.read(Array(text.utf8), in: "/w", output: "lint") }
    }
}
