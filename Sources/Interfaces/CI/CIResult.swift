// SPDX-License-Identifier: Apache-2.0

package import API
import Domain
import Foundation

/// All that a job found: `report.json`. Members may come to it; none changes its meaning under one `schema`.
package struct CIResult: Codable, Sendable {
    package static let schema = "dhow-ci-report/1"

    package struct Step: Codable, Sendable {
        package var name: String
        package var kind: String
        package var state: String
        /// From the first attempt's start to the last one's end.
        package var seconds: Double
        package var why: String?
    }

    /// Something that is wrong with a file, a step or a gate.
    package struct Finding: Codable, Sendable, Equatable {
        /// `error`, `warning` or `note`.
        package var level: String
        package var rule: String
        package var message: String
        package var file: String?
        package var line: Int?
        package var column: Int?
    }

    package var schema = CIResult.schema
    package var outcome: CIOutcome
    package var pipeline: String
    package var version: Int?
    package var commit: String?
    package var execution: String?
    /// Milliseconds since 1970.
    package var started: Int64?
    package var ended: Int64?
    package var steps: [Step] = []
    package var gates: [GateReportAnswer] = []
    package var reports: [StepReportAnswer] = []
    package var findings: [Finding] = []
    /// Why it could not be run.
    package var problem: ProblemText?

    package struct ProblemText: Codable, Sendable {
        package var what: String
        package var why: String?
        package var fix: String?

        init(_ problem: Problem) {
            (what, why, fix) = (problem.what, problem.why, problem.fix)
        }
    }

    init(outcome: CIOutcome, pipeline: String) {
        self.outcome = outcome
        self.pipeline = pipeline
    }
}

extension CIResult.Step {
    init(_ step: StepAnswer) {
        let started = step.attempts.map(\.started).min()
        let ended = step.attempts.compactMap(\.ended).max()
        let seconds = started.flatMap { started in ended.map { Double($0 - started) / 1000 } } ?? 0
        self.init(name: step.name, kind: step.kind, state: step.state, seconds: seconds, why: step.state == "failed" ? step.why : nil)
    }
}

/// The numbers of one check, whatever kind it is.
struct CheckNumbers {
    var metric: String?
    var candidate: String?
    var champion: String?
    var change: String?
    var limit: String?

    /// - Parameter specification: The check as the gate has it.
    init(_ check: CheckFindingAnswer, _ specification: JSONValue?) {
        let rule = specification?["threshold"] ?? specification?["champion"] ?? specification?["segments"]
        metric = rule?["metric"]?.text
        candidate = check.evidence["candidate"] ?? check.evidence["value"] ?? check.evidence["share"] ?? check.evidence["bytes"]
        champion = check.evidence["champion"]
        if let improvement = check.evidence["improvement"] {
            let interval = check.evidence["lower"].flatMap { lower in
                check.evidence["upper"].map { " (\(Self.short(lower)) to \(Self.short($0)))" }
            }
            change = Self.short(improvement) + (interval ?? "")
        }
        limit = check.evidence["limit"] ?? check.evidence["minimumEffect"] ?? rule?["minimumEffect"].map { "\($0.double ?? 0)" }
        candidate = candidate.map(Self.short)
        champion = champion.map(Self.short)
        limit = limit.map(Self.short)
    }

    /// Four significant digits are enough to read.
    static func short(_ text: String) -> String {
        guard let number = Double(text), number != number.rounded() else { return text }
        return String(format: "%.4g", number)
    }
}
