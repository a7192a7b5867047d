// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// What a step's own tool says of what it looked at: tests that passed and failed, or what a linter found.
package struct StepReport: Sendable, Codable, Equatable {
    package enum Format: String, Sendable, Codable, CaseIterable {
        /// JUnit's XML, as pytest, ruff, Gradle and many others write it.
        case junit
        /// SARIF 2.1.0 of OASIS, as ruff, CodeQL and many others write it.
        case sarif
    }

    package enum Level: String, Sendable, Codable {
        case error, warning, note
    }

    /// One thing that is wrong: a test that did not pass, or a place in a file.
    package struct Finding: Sendable, Codable, Equatable {
        package var level: Level
        /// The rule, or the test's name.
        package var name: String
        package var message: String
        /// Beneath the step's working folder where it can be told.
        package var file: String?
        /// From 1.
        package var line: Int?
        package var column: Int?

        package init(_ level: Level, _ name: String, _ message: String, file: String? = nil, line: Int? = nil, column: Int? = nil) {
            self.level = level
            self.name = name
            self.message = message
            self.file = file
            self.line = line
            self.column = column
        }
    }

    /// Findings that are kept of a report; `found` counts all.
    package static let mostFindings = 500
    /// Bytes of a report's file.
    package static let largestFile = 16 << 20
    /// Characters of a message.
    static let longestMessage = 2_000

    package var format: Format
    /// The program that wrote it, where it says so.
    package var tool: String?
    package var passed = 0
    package var skipped = 0
    package var found = 0
    package var findings: [Finding] = []

    package init(_ format: Format) {
        self.format = format
    }

    mutating func add(_ finding: Finding) {
        found += 1
        guard findings.count < Self.mostFindings else { return }
        var finding = finding
        if finding.message.count > Self.longestMessage { finding.message = finding.message.prefix(Self.longestMessage) + "…" }
        findings.append(finding)
    }
}

/// A report with where it comes from.
package struct KeptReport: Sendable, Equatable {
    package var unit: StepUnit
    package var attempt: Int
    /// Of the output that it was left as.
    package var name: String
    package var report: StepReport
    /// The execution whose result stands for the step, when it did not run in this one.
    package var reusedFrom: String?
}

extension StepReport.Format {
    init?(_ type: OutputSpecification.ValueType) {
        switch type {
        case .junit: self = .junit
        case .sarif: self = .sarif
        case .any, .file, .folder, .value, .snapshot, .model: return nil
        }
    }

    /// - Parameters:
    ///   - bytes: The file, at most `largestFile`.
    ///   - folder: The step's working folder, absolute, which paths are made relative to.
    /// - Throws: `Problem` `.rejected` for what is no such report.
    func read(_ bytes: [UInt8], in folder: String, output name: String) throws(Problem) -> StepReport {
        switch self {
        case .junit: try JUnitReader.read(bytes, in: folder, output: name)
        case .sarif: try SARIFReader.read(bytes, in: folder, output: name)
        }
    }

    static func relative(_ path: String, to folder: String) -> String {
        var path = path.hasPrefix("file://") ? String(path.dropFirst("file://".count)).removingPercentEncoding ?? path : path
        // A folder may be named through a link.
        for prefix in [folder, "/private" + folder] where path.hasPrefix(prefix + "/") { path = String(path.dropFirst(prefix.count + 1)) }
        return path
    }

    func refusal(of name: String, _ why: String) -> Problem {
        Problem(
            .rejected, "pipelines.report.malformed", "Output '\(name)' is no report of the type \(rawValue).", why: why,
            fix: "Let the tool write it: 'pytest --junitxml PATH', or 'ruff check --output-format sarif --output-file PATH'.")
    }
}
