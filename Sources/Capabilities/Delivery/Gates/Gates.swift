// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance
import Tracking

/// Quality gates: judges model versions and keeps the reports.
package struct Gates: Sendable {
    private let governor: Governor
    private let versions: VersionDirectory

    package init(governor: Governor, versions: VersionDirectory) {
        self.governor = governor
        self.versions = versions
    }

    /// Judges a registered version and keeps the report, whatever the outcome: a failed gate is an answer, not an error.
    ///
    /// - Parameter heldOutSnapshots: Ids of the snapshots the evidence comes from; at most 20.
    /// - Throws: `Problem` `.invalid` for a malformed specification, `.notFound` for an unknown version, `.conflict` when the champion
    ///   changed while the gate was at work.
    package func evaluate(
        _ specification: GateSpecification, _ evidence: GateEvidence, of model: String, version: Int, heldOutSnapshots: [String],
        by caller: Caller
    ) async throws -> GateReport {
        try specification.validate()
        guard heldOutSnapshots.count <= 20, heldOutSnapshots.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 200 }) else {
            throw Problem(.invalid, "delivery.gate.snapshots", "A gate report names at most 20 snapshots by their ids.")
        }
        let versions = versions
        let workspace = caller.workspace
        let champion = try await governor.database.read { try versions.rival(of: model, version, workspace, $0) }
        // A caller without the permission is refused, and recorded, below; nothing is computed for it.
        let findings = caller.session.holds(.gateEvaluate, in: workspace) ? specification.judge(evidence, against: champion) : []
        return try await governor.change(.gateEvaluate, by: caller) { change in
            try versions.require(model, version, workspace, change.transaction)
            guard try versions.rival(of: model, version, workspace, change.transaction) == champion else {
                throw Problem(
                    .conflict, "delivery.gate.champion-changed", "The champion of model '\(model)' changed while the gate was at work.",
                    fix: "Evaluate again, against the new champion.")
            }
            let report = try GateReportTable(transaction: change.transaction, workspace: workspace).insert(
                GateFindings(
                    specification: specification, model: model, version: version, outcome: GateOutcome(of: findings.map(\.outcome)),
                    checks: findings, champion: champion, heldOutSnapshots: heldOutSnapshots, runID: evidence.runID,
                    scoresDigest: evidence.scores?.digest,
                    scoredRows: evidence.scores?.rowCount ?? 0, evaluatedBy: caller.principal.qualifiedName, created: change.time),
                id: change.newIdentifier())
            let edges =
                heldOutSnapshots.map { LineageEdge(from: .snapshot, $0, to: .gateReport, report.id) }
                + [evidence.runID].compactMap(\.self).map { LineageEdge(from: .run, $0, to: .gateReport, report.id) }
            try LineageEdgeTable(transaction: change.transaction, workspace: workspace).insert(edges)
            try change.record("gate.\(report.outcome.rawValue)", on: "gate-report/\(report.id)", report.ledgerPayload)
            return report
        }
    }

    package func report(_ id: String, by caller: Caller) async throws -> GateReport {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            guard let report = try GateReportTable(transaction: transaction, workspace: caller.workspace).find(id) else {
                throw Problem(.notFound, "delivery.gate-report.unknown", "Gate report '\(id.printable)' does not exist.")
            }
            return report
        }
    }

    /// Reports about a model, newest first.
    ///
    /// - Parameter after: The id of the last report already seen.
    package func reports(
        of model: String, version: Int? = nil, after: String? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> [GateReport] {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try GateReportTable(transaction: transaction, workspace: caller.workspace).list(
                model: model, version: version, after: after, limit: limit)
        }
    }
}

extension GateReport {
    var ledgerPayload: [String: JSONValue] {
        [
            "gate": .string(gate), "model": .string(findings.model), "version": .integer(Int64(findings.version)),
            "digest": .string(digest.description), "champion": findings.champion.map { .integer(Int64($0)) } ?? .null,
            "snapshots": .array(findings.heldOutSnapshots.map { .string($0) }),
            "run": findings.runID.map { .string($0) } ?? .null, "scores": findings.scoresDigest.map { .string($0.description) } ?? .null,
            "checks": .array(
                findings.checks.map { check in
                    .object([
                        "name": .string(check.name), "outcome": .string(check.outcome.rawValue),
                        "evidence": .object(check.evidence.mapValues { .string($0) }),
                    ])
                }),
        ]
    }
}
