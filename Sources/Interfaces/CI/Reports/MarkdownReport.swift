// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Foundation

/// `report.md`: for a comment on a merge request, and for people who read it as text.
struct MarkdownReport {
    private static let mostFindings = 50

    let result: CIResult

    var text: String {
        var lines = ["# \(Self.escaped(result.pipeline)): \(result.outcome.word)", ""]
        let facts = [
            result.execution.map { "execution `\($0)`" }, result.version.map { "version \($0)" },
            result.commit.map { "commit `\($0.prefix(12))`" },
        ].compactMap(\.self)
        if !facts.isEmpty { lines += [facts.joined(separator: ", "), ""] }
        if let problem = result.problem {
            lines += [Self.escaped([problem.what, problem.why, problem.fix].compactMap(\.self).joined(separator: " ")), ""]
        }
        for gate in result.gates { lines += self.gate(gate) }
        lines += steps + reports + findings
        return lines.joined(separator: "\n")
    }

    private func gate(_ gate: GateReportAnswer) -> [String] {
        let champion = gate.champion.map { "champion \($0)" } ?? "no champion"
        var lines = [
            "## Gate \(Self.escaped(gate.gate)): \(gate.outcome)", "", "\(Self.escaped(gate.model)) \(gate.version) against \(champion).",
            "",
            "| check | outcome | metric | candidate | champion | change | threshold | why |", "|---|---|---|---|---|---|---|---|",
        ]
        let rules = (try? JSONDecoder().decode([JSONValue].self, from: JSONEncoder().encode(gate.specification))) ?? []
        for check in gate.checks {
            let specification = rules.first { $0["name"]?.text == check.name }
            let numbers = CheckNumbers(check, specification)
            let cells = [
                check.name, check.outcome, numbers.metric, numbers.candidate, numbers.champion, numbers.change, numbers.limit, check.reason,
            ]
            lines.append("| " + cells.map { Self.escaped($0 ?? "") }.joined(separator: " | ") + " |")
        }
        return lines + [""]
    }

    private var steps: [String] {
        guard !result.steps.isEmpty else { return [] }
        var lines = ["## Steps", "", "| step | kind | state | seconds | why |", "|---|---|---|---|---|"]
        lines += result.steps.map { step in
            "| \(Self.escaped(step.name)) | \(step.kind) | \(step.state) | \(Self.seconds(step.seconds)) | \(Self.escaped(step.why ?? "")) |"
        }
        return lines + [""]
    }

    private var reports: [String] {
        guard !result.reports.isEmpty else { return [] }
        var lines = ["## Tests and linters", "", "| step | tool | passed | skipped | found |", "|---|---|---|---|---|"]
        lines += result.reports.map { report in
            "| \(Self.escaped(report.step)) | \(Self.escaped(report.tool ?? report.format)) | \(report.passed) | \(report.skipped) | \(report.found) |"
        }
        return lines + [""]
    }

    private var findings: [String] {
        guard !result.findings.isEmpty else { return [] }
        var lines = ["## Findings", ""]
        lines += result.findings.prefix(Self.mostFindings).map { finding in
            let place = finding.file.map { " `\($0)\(finding.line.map { ":\($0)" } ?? "")`" } ?? ""
            return
                "- **\(Self.escaped(finding.rule))**\(place): \(Self.escaped(String(finding.message.split(separator: "\n").first ?? "")))"
        }
        let more = result.findings.count - Self.mostFindings
        return lines + (more > 0 ? ["- … and \(more) more"] : []) + [""]
    }

    static func seconds(_ seconds: Double) -> String { String(Double(Int(seconds * 10)) / 10) }

    /// Texts of others cannot be markup.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.prefix(2_000) {
            if character.isNewline {
                escaped += " "
            } else {
                if "\\`*_{}[]<>#|!".contains(character) { escaped += "\\" }
                escaped.append(character)
            }
        }
        return escaped
    }
}
