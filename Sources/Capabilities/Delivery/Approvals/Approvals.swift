// SPDX-License-Identifier: Apache-2.0

import Crypto
import Domain
import Foundation
package import Governance

/// Asks people for a yes or no, and keeps it.
package struct Approvals: Sendable {
    package static let standardLifetime = Duration.seconds(7 * 24 * 3600)
    package static let maximumLifetime = Duration.seconds(90 * 24 * 3600)
    package static let maximumComment = 2000

    private let governor: Governor
    private let versions: VersionDirectory

    package init(governor: Governor, versions: VersionDirectory) {
        self.governor = governor
        self.versions = versions
    }

    /// Asks for the approval of a release on the strength of a gate report, which it pins by digest.
    ///
    /// - Parameter lifetime: For deciding and for releasing together.
    /// - Throws: `Problem` `.rejected` when the report is not a passed one of exactly this version, or not the gate's latest.
    package func request(
        for subject: ReleaseSubject, gateReport: String, lifetime: Duration = standardLifetime, by caller: Caller
    ) async throws -> Approval {
        try ResourceName.check(subject.endpoint, of: "endpoint")
        guard lifetime > .zero, lifetime <= Self.maximumLifetime else {
            throw Problem(.invalid, "delivery.approval.lifetime", "An approval lives for at most 90 days.")
        }
        let versions = versions
        return try await governor.change(.gateEvaluate, by: caller) { change in
            try versions.require(subject.model, subject.version, caller.workspace, change.transaction)
            let report = try ReportCheck(change: change, versions: versions).passed(gateReport, subject)
            let approval = Approval(
                id: change.newIdentifier(), subject: subject, gateReport: report.id, gateReportDigest: report.digest,
                requestedBy: caller.principal.qualifiedName, requested: change.time, expires: change.time + lifetime, state: .pending)
            try ApprovalTable(transaction: change.transaction, workspace: caller.workspace).insert(approval)
            var payload = subject.ledgerPayload
            payload["gateReport"] = .string(report.id)
            payload["gateReportDigest"] = .string(report.digest.description)
            payload["expires"] = .integer(approval.expires.milliseconds)
            try change.record("approval.requested", on: "approval/\(approval.id)", payload)
            return approval
        }
    }

    /// Records a person's decision.
    ///
    /// - Parameter comment: Why; 1 to 2000 bytes. The ledger holds its digest.
    /// - Throws: `Problem` `.forbidden` when the decider registered the version, asked for the approval or is no person; `.conflict` when it
    ///   was decided; `.rejected` when it expired or, for a yes, when the gate report changed or is no longer the latest.
    package func decide(_ id: String, _ decision: Approval.Decision, comment: String, by caller: Caller) async throws -> Approval {
        let comment = comment.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...Self.maximumComment).contains(comment.utf8.count) else {
            throw Problem(
                .invalid, "delivery.approval.comment", "A decision needs a comment.", why: "It has 1 to \(Self.maximumComment) bytes.",
                fix: "Say in a sentence what the decision rests on.")
        }
        let versions = versions
        return try await governor.change(.approvalDecide, by: caller) { change in
            let table = ApprovalTable(transaction: change.transaction, workspace: caller.workspace)
            var approval = try table.require(id)
            let author = try versions.require(approval.subject.model, approval.subject.version, caller.workspace, change.transaction)
            try approval.admit(caller.principal, author: author, at: change.time)
            if decision == .approve {
                let report = try ReportCheck(change: change, versions: versions).passed(approval.gateReport, approval.subject)
                guard report.digest == approval.gateReportDigest else { throw ReportCheck.changed(report.id) }
            }
            approval.state = decision.state
            approval.decidedBy = caller.principal.qualifiedName
            approval.decided = change.time
            approval.comment = comment
            try table.decide(approval)
            var payload = approval.subject.ledgerPayload
            payload["decision"] = .string(decision.rawValue)
            payload["gateReport"] = .string(approval.gateReport)
            payload["gateReportDigest"] = .string(approval.gateReportDigest.description)
            payload["commentDigest"] = .string(TextDigest.of(comment))
            try change.record("approval.recorded", on: "approval/\(id)", payload)
            return approval
        }
    }

    package func approval(_ id: String, by caller: Caller) async throws -> Approval {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try ApprovalTable(transaction: transaction, workspace: caller.workspace).require(id)
        }
    }

    /// Newest first.
    ///
    /// - Parameter after: The id of the last approval already seen.
    package func approvals(
        state: Approval.State? = nil, endpoint: String? = nil, after: String? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> [Approval] {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try ApprovalTable(transaction: transaction, workspace: caller.workspace).list(
                state: state, endpoint: endpoint, after: after, limit: limit)
        }
    }
}

/// How free text by people stands in the ledger.
enum TextDigest {
    static func of(_ text: String) -> String {
        BlobDigest(sha256: SHA256.hash(data: Data(text.utf8))).description
    }
}
