// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// Reads SARIF 2.1.0 (OASIS, `sarif-v2.1.0.html`): the results of all runs, those that are suppressed left out.
enum SARIFReader {
    static func read(_ bytes: [UInt8], in folder: String, output name: String) throws(Problem) -> StepReport {
        guard let log = try? JSONDecoder().decode(Log.self, from: Data(bytes)) else {
            throw StepReport.Format.sarif.refusal(of: name, "It is not the JSON of a SARIF log.")
        }
        guard log.version == "2.1.0" else {
            throw StepReport.Format.sarif.refusal(of: name, "It has the version '\((log.version ?? "").printable)', not 2.1.0.")
        }
        var report = StepReport(.sarif)
        report.tool = log.runs.first?.tool.driver.name
        for result in log.runs.flatMap({ $0.results ?? [] }) where result.suppressions?.isEmpty ?? true {
            guard ["fail", nil].contains(result.kind) else { continue }
            let place = result.locations?.first?.physicalLocation
            report.add(
                StepReport.Finding(
                    level(result.level), result.ruleId ?? result.rule?.id ?? "a rule", result.message.text ?? "",
                    file: place?.artifactLocation?.uri.map { StepReport.Format.relative($0, to: folder) }, line: place?.region?.startLine,
                    column: place?.region?.startColumn))
        }
        return report
    }

    private static func level(_ text: String?) -> StepReport.Level {
        switch text {
        case "error": .error
        case "note", "none": .note
        default: .warning
        }
    }

    private struct Log: Decodable {
        var version: String?
        var runs: [Run]
    }

    private struct Run: Decodable {
        struct Tool: Decodable {
            struct Driver: Decodable { var name: String }
            var driver: Driver
        }

        var tool: Tool
        var results: [Finding]?
    }

    private struct Finding: Decodable {
        struct Text: Decodable { var text: String? }
        struct Rule: Decodable { var id: String? }
        struct Location: Decodable { var physicalLocation: Place? }
        struct Suppression: Decodable {}

        var ruleId: String?
        var rule: Rule?
        var kind: String?
        var level: String?
        var message: Text
        var locations: [Location]?
        var suppressions: [Suppression]?
    }

    private struct Place: Decodable {
        struct Artifact: Decodable { var uri: String? }
        struct Region: Decodable {
            var startLine: Int?
            var startColumn: Int?
        }

        var artifactLocation: Artifact?
        var region: Region?
    }
}
