// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Commands
import Domain
import Foundation
import Profiling

/// `dhow monitor run`: what changed between two files, without a server.
struct MonitorRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Say what changed from a reference to current data; exit 10 when something drifted.",
        discussion: """
            Files are CSV (also .gz), Parquet, or profiles that 'dhow profile' made; no server is asked. Exit 0: nothing drifted; 10: something \
            did, or there are too few rows to say; 64 or 66: a file cannot be used.
            """)

    @Option(help: "What the data are compared with; may be repeated for the parts of one table.") var reference: [String]
    @Option(help: "The data to judge; may be repeated.") var current: [String]
    @Option(help: "Columns, thresholds and importance, in YAML or JSON.") var config: String?
    @Option(help: "The column with predictions.") var score: String?
    @Option(help: "The column with what came true.") var label: String?
    @Option(help: "A column that is not looked at; may be repeated.") var ignore: [String] = []
    @Option(help: "What to print: text, json, html, markdown or junit.") var format = "text"
    @Option(help: "A folder for all of these as files.") var output: String?
    @Option(help: "DuckDB's program, for Parquet that is packed in unusual ways.") var duckdb: String?

    func run() async throws {
        let wanted = ReportFormat(rawValue: format)
        guard wanted != nil || format == "text" else {
            throw ValidationError("--format is text, json, html, markdown or junit.")
        }
        var settings = JudgeSettings()
        var options = ReadingOptions()
        if let config {
            guard let text = try? String(contentsOfFile: config, encoding: .utf8) else {
                throw Problem(.notFound, "profiling.config.unknown", "'\(config.printable)' cannot be read as text.")
            }
            (settings, options.nulls) = try JudgeSettings.read(text)
        }
        settings.score = score ?? settings.score
        settings.label = label ?? settings.label
        settings.ignored += ignore
        (options.score, options.label) = (settings.score, settings.label)
        let files = ProfileFiles(options: options, duckdb: duckdb)
        // Each side in a thread of its own.
        async let window = files.profile(of: current)
        let baseline = try await files.profile(of: reference)
        let report = ProfileJudge(settings).judge(
            try await window, against: baseline,
            names: (reference.joined(separator: ", "), current.joined(separator: ", ")))
        if let output { try write(report, to: output) }
        if let wanted { print(try wanted.text(report), terminator: "") } else { show(report) }
        if report.verdict != .unchanged { throw ExitCode(10) }
    }

    private func write(_ report: DriftReport, to folder: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for format in ReportFormat.allCases {
                try format.text(report).write(toFile: folder + "/" + format.fileName, atomically: true, encoding: .utf8)
            }
        } catch let error as CocoaError {
            throw Problem(
                .unavailable, "profiling.output.unwritable", "Reports cannot be written to '\(folder.printable)'.",
                why: error.localizedDescription)
        }
    }

    private func show(_ report: DriftReport) {
        print(report.summary.printable)
        for finding in report.findings {
            let pages = finding.test.pages ? "" : ", not for paging"
            print(
                "  \(finding.column.printable), \(finding.test.aspect.rawValue) (\(finding.test.severity.rawValue)\(pages)): \(finding.test.explanation.printable)"
            )
        }
        if !report.newColumns.isEmpty { print("  New columns: \(report.newColumns.joined(separator: ", ").printable).") }
        for row in report.performance?.lines ?? [] { print("  \(row)") }
    }
}
