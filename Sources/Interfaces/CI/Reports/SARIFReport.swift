// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// `report.sarif`, SARIF 2.1.0: every finding that is about a line of a file, which is what code hosts show beside it, and the others
/// without a place.
struct SARIFReport {
    let result: CIResult

    var json: JSONValue {
        let rules = Set(result.findings.map(\.rule)).sorted()
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [
                [
                    "tool": [
                        "driver": ["name": "dhow", "rules": .array(rules.map { ["id": .string($0)] })]
                    ],
                    "results": .array(result.findings.map(entry)),
                ]
            ],
        ]
    }

    private func entry(_ finding: CIResult.Finding) -> JSONValue {
        var entry: [String: JSONValue] = [
            "ruleId": .string(finding.rule), "level": .string(finding.level),
            "message": ["text": .string(finding.message.isEmpty ? finding.rule : finding.message)],
        ]
        if let file = finding.file {
            var place: [String: JSONValue] = ["artifactLocation": ["uri": .string(Self.uri(file))]]
            if let line = finding.line, line > 0 {
                var region: [String: JSONValue] = ["startLine": .integer(Int64(line))]
                if let column = finding.column, column > 0 { region["startColumn"] = .integer(Int64(column)) }
                place["region"] = .object(region)
            }
            entry["locations"] = [["physicalLocation": .object(place)]]
        }
        return .object(entry)
    }

    private static func uri(_ path: String) -> String {
        let path = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
    }
}
