// SPDX-License-Identifier: Apache-2.0

import Domain
import Governance

/// Whether a gate report may carry an approval or a release at this moment.
struct ReportCheck {
    let change: Change
    let versions: VersionDirectory

    /// - Throws: `Problem` `.notFound` for an unknown report; `.rejected` when it is about another version, failed, is inconclusive and its
    ///   gate asks nobody, is not the gate's latest, was made by other checks than the gate has now, compared with a version that is no
    ///   longer the champion, or when another gate failed the version.
    func admissible(_ id: String, _ subject: ReleaseSubject) throws -> GateReport {
        let table = GateReportTable(transaction: change.transaction, workspace: change.workspace)
        guard let report = try table.find(id) else {
            throw Problem(
                .notFound, "delivery.gate-report.unknown", "Gate report '\(id.printable)' does not exist.",
                fix: "Evaluate the gate for version \(subject.version) first.")
        }
        guard report.findings.model == subject.model, report.findings.version == subject.version else {
            throw Problem(
                .rejected, "delivery.gate-report.other-version",
                "Gate report \(id) is about version \(report.findings.version) of model '\(report.findings.model)', not about \(subject.description).",
                fix: "Evaluate the gate for this version.")
        }
        let asks = report.outcome == .inconclusive && report.findings.specification.onInconclusive == .ask
        guard report.outcome == .passed || asks else {
            throw Problem(
                .rejected, "delivery.gate-report.not-passed", "Gate report \(id) is \(report.outcome.rawValue).",
                why: report.findings.checks.filter { $0.outcome != .passed }.map(\.reason).joined(separator: " "),
                fix: "Only a version that passed its gate, or whose gate asks a person, is released.")
        }
        guard try table.latest(gate: report.gate, model: subject.model, version: subject.version) == id else {
            throw Problem(
                .rejected, "delivery.gate-report.superseded", "Gate '\(report.gate)' was evaluated again since report \(id).",
                fix: "Use its latest report.")
        }
        try requireSameGate(report)
        // It says itself that no gate was asked; a second person answers for it.
        if try Emergencies.isEmergency(id, in: change) { return report }
        let rival = try versions.rival(of: subject.model, subject.version, change.workspace, change.transaction)
        guard !report.findings.specification.comparesWithChampion || rival == report.findings.champion || rival == nil else {
            throw Problem(
                .rejected, "delivery.gate-report.other-champion", "Gate report \(id) does not compare with the present champion.",
                why: "The champion changed since.", fix: "Evaluate the gate again.")
        }
        if let failed = try table.latestOutcomes(model: subject.model, version: subject.version).first(where: { $0.outcome == .failed }) {
            throw Problem(
                .rejected, "delivery.gate-report.contradicted",
                "Gate '\(report.gate)' lets version \(subject.version) through, gate '\(failed.gate)' does not.",
                why: "Its report \(failed.id) failed; of several gates all must agree.",
                fix: "Evaluate gate '\(failed.gate)' again, or register another version.")
        }
        return report
    }

    /// What was judged by other checks says nothing about what the gate asks now.
    private func requireSameGate(_ report: GateReport) throws {
        let declared = try GateTable(transaction: change.transaction, workspace: change.workspace).find(report.gate)
        guard declared != nil || report.findings.gateRevision != nil else { return }
        guard declared?.specification == report.findings.specification else {
            throw Problem(
                .rejected, "delivery.gate-report.gate-changed", "Gate '\(report.gate)' was changed since report \(report.id).",
                why: "The report says nothing about its present checks.", fix: "Evaluate the gate again, then ask for a new approval.")
        }
    }

    static func changed(_ id: String) -> Problem {
        Problem(
            .rejected, "delivery.approval.report-changed", "Gate report \(id) is not what it was when the approval was asked for.",
            why: "Its digest differs.", fix: "Find out who changed the database, then evaluate the gate and ask again.")
    }
}
