// SPDX-License-Identifier: Apache-2.0

package import Domain

/// How a check, or a whole gate, ended. Inconclusive asks a person; for an automatic loop it is a refusal.
package enum GateOutcome: String, Codable, CaseIterable, Sendable {
    case passed, failed, inconclusive

    /// One failure fails; without one, a single inconclusive check leaves the whole inconclusive.
    package init(of outcomes: some Sequence<GateOutcome>) {
        var whole = GateOutcome.passed
        for outcome in outcomes {
            if outcome == .failed { whole = .failed }
            if outcome == .inconclusive, whole == .passed { whole = .inconclusive }
        }
        self = whole
    }
}

/// How one check ended, with the numbers it rests on as decimal strings.
package struct CheckFinding: Codable, Equatable, Sendable {
    package var name: String
    package var outcome: GateOutcome
    package var reason: String
    package var evidence: [String: String]
    /// A line for each part that was judged by itself, such as a segment.
    package var details: [[String: String]]?

    /// A finding without the name of its check.
    package struct Result: Equatable, Sendable {
        package var outcome: GateOutcome
        package var reason: String
        package var evidence: [String: String]
        package var details: [[String: String]]?

        package init(
            _ outcome: GateOutcome, _ reason: String, _ evidence: [String: String] = [:], _ details: [[String: String]]? = nil
        ) {
            self.outcome = outcome
            self.reason = reason
            self.evidence = evidence
            self.details = details
        }
    }

    package init(name: String, _ result: Result) {
        self.name = name
        outcome = result.outcome
        reason = result.reason
        evidence = result.evidence
        details = result.details
    }
}

/// What a gate found about one model version. Its JSON text is what the digest of a report is taken from.
package struct GateFindings: Codable, Equatable, Sendable {
    package var specification: GateSpecification
    /// Of the declared gate; nil for one whose checks came with the request.
    package var gateRevision: Int?
    package var model: String
    package var version: Int
    package var outcome: GateOutcome
    package var checks: [CheckFinding]
    /// The version that was champion at that time.
    package var champion: Int?
    package var heldOutSnapshots: [String]
    package var runID: String?
    package var scoresDigest: BlobDigest?
    package var scoredRows: Int
    package var evaluatedBy: String
    package var created: Timestamp
}

/// Findings as they are kept.
package struct GateReport: Codable, Equatable, Sendable {
    package var id: String
    /// SHA-256 of the stored text of the findings; an approval refers to it.
    package var digest: BlobDigest
    package var findings: GateFindings

    package var gate: String { findings.specification.name }
    package var outcome: GateOutcome { findings.outcome }

    /// The text that the digest is taken from.
    ///
    /// - Throws: `Problem` `.internal` when the findings as they are read give another text than was kept.
    package func document() throws -> String {
        let text = try DocumentText.encode(findings)
        guard TextDigest.of(text) == digest.description else {
            throw Problem(.internal, "delivery.gate-report.changed", "Gate report '\(id)' is not the text that it was.")
        }
        return text
    }
}
