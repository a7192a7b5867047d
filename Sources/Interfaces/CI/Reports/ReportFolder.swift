// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// The files that a job leaves.
struct ReportFolder {
    let path: String

    /// - Throws: `Problem` `.invalid` when the folder cannot be written.
    func write(_ result: CIResult) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let files = [
            ("report.json", try encoder.encode(result)), ("report.md", Data(MarkdownReport(result: result).text.utf8)),
            ("junit.xml", Data(JUnitReport(result: result).text.utf8)),
            ("report.sarif", try encoder.encode(SARIFReport(result: result).json)),
            ("metrics.txt", Data(OpenMetricsReport(result: result).text.utf8)),
        ]
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for (name, data) in files { try data.write(to: URL(filePath: path).appending(path: name)) }
        } catch {
            throw Problem(
                .invalid, "ci.reports.unwritable", "The reports cannot be written to '\(path.printable)'.", why: error.localizedDescription,
                fix: "Give a folder that can be written: --reports FOLDER.")
        }
    }

    /// Adds the report to the page that GitHub shows of a job.
    static func summarise(_ result: CIResult, in file: String) {
        guard
            let handle = FileHandle(forWritingAtPath: file)
                ?? (FileManager.default.createFile(atPath: file, contents: nil) ? FileHandle(forWritingAtPath: file) : nil)
        else { return }
        _ = try? handle.seekToEnd()
        try? handle.write(contentsOf: Data(MarkdownReport(result: result).text.utf8))
        try? handle.close()
    }
}
