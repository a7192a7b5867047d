// SPDX-License-Identifier: Apache-2.0

import Crypto
import Delivery
import Domain
import Foundation
import Governance

/// How a version came to answer: release, gate report, approval, rollout.
extension LineageQuery {
    func release(_ id: String, by caller: Caller) async throws -> LineageNode {
        try await link(.release, id) {
            let release = try await releases.release(id, by: caller)
            var node = LineageNode(
                .release, id,
                facts: [
                    "state": release.state.rawValue, "created by": release.createdBy, "created": release.created.text,
                    "finished": release.finished?.text,
                ],
                claims: [
                    LedgerClaim(
                        "release/\(id)", "release.started",
                        expecting: release.subject.claimed.merging([
                            "revision": .integer(Int64(release.revision)), "rollout": .string(release.rollout),
                            "gateReport": .string(release.gateReport), "approval": .string(release.approval),
                        ]) { $1 }),
                    .later("release/\(id)", "release.completed", "release.failed"),
                ])
            node.children = [
                try await gateReport(release.gateReport, by: caller), try await approval(release.approval, by: caller),
                try await rollout(release.rollout, by: caller),
            ]
            return node
        }
    }

    func gateReport(_ id: String, by caller: Caller) async throws -> LineageNode {
        try await link(.gateReport, id) {
            let report = try await gates.report(id, by: caller)
            let findings = report.findings
            var node = LineageNode(
                .gateReport, id,
                facts: [
                    "gate": report.gate, "outcome": report.outcome.rawValue, "evaluated by": findings.evaluatedBy,
                    "evaluated": findings.created.text, "champion then": findings.champion.map { "version \($0)" }, "run": findings.runID,
                    "held-out snapshots": findings.heldOutSnapshots.isEmpty ? nil : findings.heldOutSnapshots.joined(separator: ", "),
                    "digest": report.digest.description,
                ],
                claims: [
                    LedgerClaim(
                        "gate-report/\(id)", "gate.\(report.outcome.rawValue)",
                        expecting: [
                            "digest": .string(report.digest.description), "model": .string(findings.model),
                            "version": .integer(Int64(findings.version)),
                        ])
                ])
            node.facts += findings.checks.map { ("check \($0.name)", "\($0.outcome.rawValue): \($0.reason)") }
            return node
        }
    }

    private func approval(_ id: String, by caller: Caller) async throws -> LineageNode {
        try await link(.approval, id) {
            let approval = try await approvals.approval(id, by: caller)
            let pinned = approval.subject.claimed.merging([
                "gateReport": .string(approval.gateReport), "gateReportDigest": .string(approval.gateReportDigest.description),
            ]) { $1 }
            var claims = [LedgerClaim("approval/\(id)", "approval.requested", expecting: pinned)]
            for decision in approval.decisions {
                var claim =
                    decision.entry.isEmpty ? LedgerClaim("approval/\(id)", "approval.recorded") : LedgerClaim(entry: decision.entry)
                // The ledger holds people's words by digest only.
                let comment = BlobDigest(sha256: SHA256.hash(data: Data(decision.comment.utf8)))
                claim.expected = pinned.merging([
                    "decision": .string(decision.decision.rawValue), "commentDigest": .string(comment.description),
                ]) { $1 }
                claims.append(claim)
            }
            return LineageNode(
                .approval, id,
                facts: [
                    "state": approval.state.rawValue, "requested by": approval.requestedBy, "decided by": approval.decidedBy,
                    "decided": approval.decided?.text, "comment": approval.comment,
                ], claims: claims)
        }
    }

    private func rollout(_ id: String, by caller: Caller) async throws -> LineageNode {
        try await link(.rollout, id) {
            let rollout = try await rollouts.rollout(id, by: caller)
            return LineageNode(
                .rollout, id,
                facts: [
                    "phase": rollout.state.phase.rawValue, "candidate": "revision \(rollout.candidate), \(rollout.state.percent) % now",
                    "stable": rollout.stable.map { "revision \($0)" }, "started": rollout.started.text, "finished": rollout.finished?.text,
                    "reason": rollout.reason,
                ],
                claims: [
                    LedgerClaim(
                        "rollout/\(id)",
                        expecting: [
                            "endpoint": .string(rollout.endpoint), "release": .string(rollout.release),
                            "candidate": .integer(Int64(rollout.candidate)),
                        ])
                ])
        }
    }
}

extension ReleaseSubject {
    /// As ledger entries about it say it.
    fileprivate var claimed: [String: JSONValue] {
        ["endpoint": .string(endpoint), "model": .string(model), "version": .integer(Int64(version))]
    }
}
