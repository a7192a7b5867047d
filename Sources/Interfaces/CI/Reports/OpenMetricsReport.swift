// SPDX-License-Identifier: Apache-2.0

import API

/// `metrics.txt` in the form of OpenMetrics 1.0: the numbers that gates looked at, how gates and steps ended, and how long it took.
struct OpenMetricsReport {
    let result: CIResult

    var text: String {
        var text = family("dhow_ci_outcome", "How the job ended, by its exit status.", [([:], Double(result.outcome.rawValue))])
        text += family(
            "dhow_ci_gate_passed", "Whether a gate passed.",
            result.gates.map { (["gate": $0.gate], $0.outcome == "passed" ? 1 : 0) })
        text += family("dhow_ci_evidence", "A number that a check rests on.", result.gates.flatMap(evidence))
        text += family(
            "dhow_ci_step_seconds", "From the start of a step's first attempt to the end of its last.",
            result.steps.map { (["step": $0.name], $0.seconds) })
        text += family(
            "dhow_ci_findings", "What the tool of a step found.",
            result.reports.map { (["step": $0.step, "report": $0.name], Double($0.found)) })
        return text + "# EOF\n"
    }

    private func evidence(_ gate: GateReportAnswer) -> [([String: String], Double)] {
        gate.checks.flatMap { check in
            check.evidence.sorted { $0.key < $1.key }.compactMap { name, text in
                Double(text).map { (["gate": gate.gate, "check": check.name, "number": name], $0) }
            }
        }
    }

    private func family(_ name: String, _ help: String, _ samples: [([String: String], Double)]) -> String {
        guard !samples.isEmpty else { return "" }
        var text = "# TYPE \(name) gauge\n# HELP \(name) \(help)\n"
        for (labels, value) in samples {
            let all = labels.merging(["pipeline": result.pipeline]) { first, _ in first }.sorted { $0.key < $1.key }
            let shown = all.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += "\(name){\(shown)} \(value.isNaN ? "NaN" : value.isInfinite ? (value > 0 ? "+Inf" : "-Inf") : "\(value)")\n"
        }
        return text
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
