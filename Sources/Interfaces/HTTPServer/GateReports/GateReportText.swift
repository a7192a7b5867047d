// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Foundation

/// Numbers and times of a gate report as people read them; the JSON form has every digit.
enum GateReportText {
    /// Decimal numbers with at most five places, all else as it is.
    static func number(_ text: String) -> String {
        guard text.contains("."), let value = Double(text), value.isFinite else { return text }
        if abs(value) >= 1e-4 || value == 0 {
            var rounded = String(format: "%.5f", value)
            while rounded.hasSuffix("0") { rounded.removeLast() }
            if rounded.hasSuffix(".") { rounded.removeLast() }
            return rounded
        }
        return String(format: "%.2e", value)
    }

    static func time(_ time: Timestamp) -> String {
        Date(timeIntervalSince1970: Double(time.milliseconds) / 1000).formatted(.iso8601)
    }

    /// Facts about the whole report, in reading order.
    static func facts(_ report: GateReport) -> [(name: String, value: String)] {
        let findings = report.findings
        return [
            ("gate", report.gate + (findings.gateRevision.map { ", revision \($0)" } ?? ", checks given with the request")),
            ("version", "\(findings.model) \(findings.version)"),
            ("champion then", findings.champion.map { "version \($0)" } ?? "none"),
            ("held-out snapshots", findings.heldOutSnapshots.isEmpty ? "not named" : findings.heldOutSnapshots.joined(separator: ", ")),
            ("run", findings.runID ?? "not named"),
            ("scored rows", "\(findings.scoredRows)" + (findings.scoresDigest.map { " (\($0))" } ?? "")),
            ("evaluated", "\(time(findings.created)) by \(findings.evaluatedBy)"), ("report", report.id),
            ("digest", report.digest.description),
        ]
    }

    /// What is to be done about an outcome.
    static func consequence(_ report: GateReport) -> String {
        switch (report.outcome, report.findings.specification.onInconclusive) {
        case (.passed, _): "The version may be approved."
        case (.failed, _): "The version may not be released."
        case (.inconclusive, .ask): "The evidence does not decide; a person must."
        case (.inconclusive, .refuse): "The evidence does not decide, and the gate then refuses."
        }
    }

    /// Columns of a finding's details: the segment first, the outcome last.
    static func columns(of details: [[String: String]]) -> [String] {
        let order = ["segment", "rows", "candidateValue", "championValue", "value", "improvement", "lower", "upper", "p", "outcome"]
        let present = Set(details.flatMap(\.keys))
        return order.filter(present.contains) + present.subtracting(order).sorted()
    }
}
