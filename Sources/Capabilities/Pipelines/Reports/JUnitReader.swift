// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

#if canImport(FoundationXML)
import FoundationXML
#endif

/// Reads JUnit's XML: suites of test cases, of which one with `failure` or `error` did not pass and one with `skipped` did not run.
///
/// There is no standard but what the tools do: github.com/testmoapp/junitxml tells of it. Memory is bounded by the findings kept.
final class JUnitReader: NSObject, XMLParserDelegate {
    private static let deepest = 64

    private let folder: String
    private var report = StepReport(.junit)
    private var depth = 0
    private var hasSuite = false
    private var testCase: [String: String]?
    /// What the case in hand is said to be.
    private var outcome: (element: String, message: String)?
    private var text: String?

    private init(folder: String) {
        self.folder = folder
    }

    static func read(_ bytes: [UInt8], in folder: String, output name: String) throws(Problem) -> StepReport {
        // Reports have no use for a DTD, and entities can grow without bound.
        guard !String(decoding: bytes, as: UTF8.self).contains("<!DOCTYPE") else {
            throw StepReport.Format.junit.refusal(of: name, "It has a document type declaration.")
        }
        let reader = JUnitReader(folder: folder)
        let parser = XMLParser(data: Data(bytes))
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        guard parser.parse(), parser.parserError == nil, reader.hasSuite else {
            let why = parser.parserError.map { "Line \(parser.lineNumber) cannot be read: \($0.localizedDescription)" }
            throw StepReport.Format.junit.refusal(of: name, why ?? "It has no 'testsuite'.")
        }
        return reader.report
    }

    func parser(
        _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String] = [:]
    ) {
        depth += 1
        guard depth <= Self.deepest else { return parser.abortParsing() }
        switch element {
        case "testsuite", "testsuites":
            hasSuite = true
            if report.tool == nil { report.tool = attributes["name"] }
        case "testcase": (testCase, outcome) = (attributes, nil)
        case "failure", "error", "skipped":
            guard testCase != nil, outcome == nil || outcome?.element == "skipped" else { return }
            outcome = (element, attributes["message"] ?? "")
            text = ""
        default: break
        }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        guard let length = text?.utf8.count, length < 4 * StepReport.longestMessage else { return }
        text? += string
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        self.parser(parser, foundCharacters: String(decoding: block, as: UTF8.self))
    }

    func parser(_ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?) {
        depth -= 1
        switch element {
        case "failure", "error", "skipped":
            if let text, outcome?.message.isEmpty == true { outcome?.message = text.trimmingCharacters(in: .whitespacesAndNewlines) }
            text = nil
        case "testcase": end()
        default: break
        }
    }

    private func end() {
        guard let test = testCase else { return }
        testCase = nil
        switch outcome?.element {
        case nil: report.passed += 1
        case "skipped": report.skipped += 1
        default:
            let name = [test["classname"], test["name"]].compactMap { $0?.isEmpty == false ? $0 : nil }.joined(separator: "::")
            report.add(
                StepReport.Finding(
                    .error, name.isEmpty ? "a test" : name, outcome?.message ?? "",
                    file: test["file"].map { StepReport.Format.relative($0, to: folder) }, line: test["line"].flatMap { Int($0) }))
        }
    }
}
