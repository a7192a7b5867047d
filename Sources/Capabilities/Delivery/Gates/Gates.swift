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
    /// - Throws: `Problem` `.invalid` for a malformed specification, `.notFound` for an unknown version, `.conflict` when the champion or the
    ///   declared gate changed while the gate was at work, or when a gate of this name is declared with other checks.
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
        let demands = specification.checks.compactMap { check in if case .data(let rule) = check.rule { rule } else { nil } }
        let (champion, bytes, data) = try await governor.database.read { transaction in
            (
                try versions.rival(of: model, version, workspace, transaction),
                try versions.size(of: model, version, workspace, transaction),
                try Dictionary(
                    demands.map { rule in
                        // An execution that is given its held-out snapshot registers the version with it; it was not learnt from.
                        let training = try versions.snapshots(of: model, version, workspace, transaction)
                            .filter { !heldOutSnapshots.contains($0) }
                        return (
                            rule, try rule.verdicts(heldOut: heldOutSnapshots, training: training, in: transaction, workspace: workspace)
                        )
                    }, uniquingKeysWith: { first, _ in first })
            )
        }
        var evidence = evidence
        evidence.snapshots = heldOutSnapshots
        evidence.artifactBytes = bytes
        evidence.data = data
        // A caller without the permission is refused, and recorded, below; nothing is computed for it.
        let findings = caller.session.holds(.gateEvaluate, in: workspace) ? specification.judge(evidence, against: champion) : []
        let (runID, scores) = (evidence.runID, evidence.scores)
        return try await governor.change(.gateEvaluate, by: caller) { change in
            try versions.require(model, version, workspace, change.transaction)
            guard try versions.rival(of: model, version, workspace, change.transaction) == champion else {
                throw Problem(
                    .conflict, "delivery.gate.champion-changed", "The champion of model '\(model)' changed while the gate was at work.",
                    fix: "Evaluate again, against the new champion.")
            }
            let declared = try GateTable(transaction: change.transaction, workspace: workspace).find(specification.name)
            if let declared, declared.specification != specification { throw Self.otherChecks(specification.name) }
            let report = try GateReportTable(transaction: change.transaction, workspace: workspace).insert(
                GateFindings(
                    specification: specification, gateRevision: declared?.revision, model: model, version: version,
                    outcome: GateOutcome(of: findings.map(\.outcome)),
                    checks: findings, champion: champion, heldOutSnapshots: heldOutSnapshots, runID: runID, scoresDigest: scores?.digest,
                    scoredRows: scores?.rowCount ?? 0, evaluatedBy: caller.principal.qualifiedName, created: change.time),
                id: change.newIdentifier())
            let edges =
                heldOutSnapshots.map { LineageEdge(from: .snapshot, $0, to: .gateReport, report.id) }
                + [runID].compactMap(\.self).map { LineageEdge(from: .run, $0, to: .gateReport, report.id) }
            try LineageEdgeTable(transaction: change.transaction, workspace: workspace).insert(edges)
            try change.record("gate.\(report.outcome.rawValue)", on: "gate-report/\(report.id)", report.ledgerPayload)
            return report
        }
    }

    /// The gate by this name as it is declared, or one of the checks that came with a request.
    ///
    /// - Parameter checks: Nil for the declared ones.
    /// - Throws: `Problem` `.notFound` when no checks came and no such gate is declared; `.conflict` when other checks came than are declared.
    package func specification(
        _ name: String, checks: [GateCheck]?, onInconclusive: GateSpecification.Doubt? = nil, by caller: Caller
    ) async throws -> GateSpecification {
        let workspace = caller.workspace
        let declared = try await governor.read(.deliveryRead, by: caller) { transaction in
            let table = GateTable(transaction: transaction, workspace: workspace)
            return try checks == nil ? table.require(name) : table.find(name)
        }
        guard let checks else {
            guard let declared else { preconditionFailure("A gate that is required is there.") }
            return declared.specification
        }
        let given = GateSpecification(
            name: name, checks: checks, onInconclusive: onInconclusive ?? declared?.specification.onInconclusive ?? .ask)
        try given.validate()
        if let declared, declared.specification != given { throw Self.otherChecks(name) }
        return given
    }

    package func gate(_ name: String, by caller: Caller) async throws -> Gate {
        try await governor.read(.deliveryRead, by: caller) {
            try GateTable(transaction: $0, workspace: caller.workspace).require(name)
        }
    }

    /// Declared gates by name.
    package func gates(after: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [Gate] {
        try await governor.read(.deliveryRead, by: caller) {
            try GateTable(transaction: $0, workspace: caller.workspace).list(after: after, limit: limit)
        }
    }

    package static func apply(_ specification: GateSpecification, in change: Change) throws -> Gate {
        try specification.validate()
        let table = GateTable(transaction: change.transaction, workspace: change.workspace)
        let known = try table.find(specification.name)
        if let known, known.specification == specification { return known }
        let gate = Gate(
            specification: specification, revision: try table.lastRevision(specification.name) + 1, created: known?.created ?? change.time,
            changed: change.time)
        try table.put(gate)
        try change.record(
            "gate.applied", on: "gate/\(gate.name)",
            [
                "revision": .integer(Int64(gate.revision)), "checks": .array(specification.checks.map { .string($0.name) }),
                "digest": .string(TextDigest.of(try DocumentText.encode(specification))),
            ])
        return gate
    }

    package static func delete(_ name: String, in change: Change) throws {
        let table = GateTable(transaction: change.transaction, workspace: change.workspace)
        _ = try table.require(name)
        try table.delete(name, at: change.time)
        try change.record("gate.deleted", on: "gate/\(name)")
    }

    private static func otherChecks(_ name: String) -> Problem {
        Problem(
            .conflict, "delivery.gate.other-checks", "Gate '\(name.printable)' is declared with other checks than these.",
            why: "A declared gate says alone what is checked.",
            fix: "Leave the checks out, give them another gate's name, or evaluate again.")
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
            "gate": .string(gate), "gateRevision": findings.gateRevision.map { .integer(Int64($0)) } ?? .null,
            "specification": .string((try? TextDigest.of(DocumentText.encode(findings.specification))) ?? ""),
            "model": .string(findings.model), "version": .integer(Int64(findings.version)),
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
