// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Domain
import Foundation
package import Governance

/// Asks people for a yes or no, and keeps it.
package struct Approvals: Sendable {
    package static let standardLifetime = ApprovalRule.standardLifetime
    package static let maximumComment = 2000

    let governor: Governor
    private let versions: VersionDirectory

    package init(governor: Governor, versions: VersionDirectory) {
        self.governor = governor
        self.versions = versions
    }

    /// Asks for the approval of a release on the strength of a gate report, which it pins by digest.
    ///
    /// - Throws: `Problem` `.rejected` when the report is not an admissible one of exactly this version (`ReportCheck`); `.invalid` for a
    ///   rule that nobody could satisfy.
    package func request(
        for subject: ReleaseSubject, gateReport: String, rule: ApprovalRule = ApprovalRule(), by caller: Caller
    ) async throws -> Approval {
        try ResourceName.check(subject.endpoint, of: "endpoint")
        try rule.validate()
        let versions = versions
        return try await governor.change(.gateEvaluate, by: caller) { change in
            let author = try versions.require(subject.model, subject.version, caller.workspace, change.transaction)
            let report = try ReportCheck(change: change, versions: versions).admissible(gateReport, subject)
            let requester = caller.principal.qualifiedName
            let others = rule.approvers.count { "user:\($0)" != author && "user:\($0)" != requester }
            guard rule.approvers.isEmpty || !rule.roles.isEmpty || others >= rule.count else {
                throw Problem(
                    .invalid, "delivery.approval.nobody", "Nobody could give this approval.",
                    why: "\(rule.count) must say yes, and who registered the version or asks may not.", fix: "Name other approvers.")
            }
            let approval = Approval(
                id: change.newIdentifier(), subject: subject, gateReport: report.id, gateReportDigest: report.digest,
                requestedBy: requester, requested: change.time, rule: rule, expires: change.time + .seconds(rule.lifetimeSeconds),
                state: .pending)
            try ApprovalTable(change).insert(approval)
            var payload = approval.ledgerPayload
            payload["outcome"] = .string(report.outcome.rawValue)
            payload["expires"] = .integer(approval.expires.milliseconds)
            try change.record("approval.requested", on: "approval/\(approval.id)", payload)
            return approval
        }
    }

    /// Records a person's decision. Enough of them saying yes approve; one no rejects.
    ///
    /// - Parameter comment: Why; 1 to 2000 bytes. The ledger holds its digest.
    /// - Throws: `Problem` `.forbidden` when the decider registered the version, asked for the approval, is not asked or is no person;
    ///   `.unauthenticated` when the decider's token was revoked; `.conflict` when it was decided; `.rejected` when it expired or was withdrawn
    ///   or, for a yes, when the gate report is no longer admissible.
    package func decide(_ id: String, _ decision: Approval.Decision, comment: String, by caller: Caller) async throws -> Approval {
        let comment = try Self.checked(comment)
        let versions = versions
        return try await governor.change(.approvalDecide, by: caller) { change in
            try Self.decide(id, decision, comment: comment, link: nil, versions, in: change)
        }
    }

    /// Takes an approval back before it is used: whoever asked, or an administrator.
    package func withdraw(_ id: String, by caller: Caller) async throws -> Approval {
        try await end(id, under: .gateEvaluate, by: caller)
    }

    /// Takes one's own yes back before it is used, and the approval with it.
    package func retract(_ id: String, by caller: Caller) async throws -> Approval {
        try await end(id, under: .approvalDecide, by: caller)
    }

    private func end(_ id: String, under permission: Permission, by caller: Caller) async throws -> Approval {
        try await governor.change(permission, by: caller) { change in
            let table = ApprovalTable(change)
            let approval = try table.require(id)
            let name = caller.principal.qualifiedName
            let isAdministrator = try Self.roles(of: caller.principal.name, in: change).contains(.admin)
            guard
                isAdministrator || approval.requestedBy == name
                    || approval.decisions.contains(where: { $0.principal == name && $0.decision == .approve })
            else {
                throw Problem(
                    .forbidden, "delivery.approval.not-yours", "You cannot withdraw approval \(id).",
                    why: "You neither asked for it nor said yes to it.", fix: "Ask \(approval.requestedBy).")
            }
            switch approval.state {
            case .pending, .approved: break
            case .withdrawn: throw approval.wasWithdrawn
            case .rejected, .expired:
                throw Problem(.conflict, "delivery.approval.over", "Approval \(id) is \(approval.state.rawValue) already.")
            }
            if let used = try ReleaseTable(transaction: change.transaction, workspace: change.workspace).find(approval: id) {
                throw Problem(
                    .conflict, "delivery.approval.used", "Approval \(id) was used for release \(used.id).",
                    fix: "Roll the release back: dhow rollout rollback \(used.rollout).")
            }
            try table.withdraw(id, by: name)
            try change.record("approval.withdrawn", on: "approval/\(id)", approval.ledgerPayload)
            return try table.require(id)
        }
    }

    package func approval(_ id: String, by caller: Caller) async throws -> Approval {
        let now = governor.clock.now()
        return try await governor.read(.deliveryRead, by: caller) { transaction in
            try ApprovalTable(transaction: transaction, workspace: caller.workspace, now: now).require(id)
        }
    }

    /// Newest first.
    ///
    /// - Parameter after: The id of the last approval already seen.
    package func approvals(
        state: Approval.State? = nil, endpoint: String? = nil, after: String? = nil, limit: Int = 100, by caller: Caller
    ) async throws -> [Approval] {
        let now = governor.clock.now()
        return try await governor.read(.deliveryRead, by: caller) { transaction in
            try ApprovalTable(transaction: transaction, workspace: caller.workspace, now: now).list(
                state: state, endpoint: endpoint, after: after, limit: limit)
        }
    }

    /// Tells of approvals that wait too long, and of those that expired: an event each, which webhooks carry to people.
    ///
    /// - Returns: How many events there were.
    @discardableResult
    package func remind() async throws -> Int {
        let now = governor.clock.now()
        let due = try await governor.database.read { try ApprovalTable.due(at: now, in: $0) }
        var told = 0
        for (workspace, id) in due {
            told += try await governor.change(.gateEvaluate, by: .controller("approvals", in: workspace)) { change in
                let table = ApprovalTable(change)
                let approval = try table.require(id)
                var payload = approval.ledgerPayload
                payload["missing"] = .integer(Int64(approval.missing))
                payload["expires"] = .integer(approval.expires.milliseconds)
                switch approval.state {
                case .expired where try table.tellExpiry(id):
                    try change.record("approval.expired", on: "approval/\(id)", payload)
                    return 1
                case .pending where try table.isReminderDue(id):
                    try table.remindNext(id, at: change.time + .seconds(approval.rule.remindAfterSeconds ?? 0))
                    payload["waitingSeconds"] = .integer((change.time - approval.requested).components.seconds)
                    try change.record("approval.reminded", on: "approval/\(id)", payload)
                    return 1
                default: return 0
                }
            }
        }
        return told
    }

    static func checked(_ comment: String) throws(Problem) -> String {
        let comment = comment.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (1...maximumComment).contains(comment.utf8.count) else {
            throw Problem(
                .invalid, "delivery.approval.comment", "A decision needs a comment.", why: "It has 1 to \(maximumComment) bytes.",
                fix: "Say in a sentence what the decision rests on.")
        }
        return comment
    }

    /// - Parameter link: The id of the link through which it came.
    static func decide(
        _ id: String, _ decision: Approval.Decision, comment: String, link: String?, _ versions: VersionDirectory, in change: Change
    ) throws -> Approval {
        let decider = change.caller.principal
        try requireToken(of: change)
        let table = ApprovalTable(change)
        let approval = try table.require(id)
        let author = try versions.require(approval.subject.model, approval.subject.version, change.workspace, change.transaction)
        try approval.admit(decider, holding: try roles(of: decider.name, in: change), author: author, at: change.time)
        if decision == .approve {
            let report = try ReportCheck(change: change, versions: versions).admissible(approval.gateReport, approval.subject)
            guard report.digest == approval.gateReportDigest else { throw ReportCheck.changed(report.id) }
        }
        let state: Approval.State = decision == .reject ? .rejected : approval.missing <= 1 ? .approved : .pending
        var payload = approval.ledgerPayload
        payload["decision"] = .string(decision.rawValue)
        payload["state"] = .string(state.rawValue)
        payload["commentDigest"] = .string(TextDigest.of(comment))
        payload["link"] = link.map { .string($0) }
        let entry = try change.record("approval.recorded", on: "approval/\(id)", payload)
        try table.add(
            ApprovalDecision(
                principal: decider.qualifiedName, decision: decision, comment: comment, decided: change.time, entry: entry, link: link),
            to: id, state)
        return try table.require(id)
    }

    /// A session outlives its token by seconds; a decision does not.
    private static func requireToken(of change: Change) throws {
        guard let id = change.caller.session.tokenID else { return }
        let token = try TokenTable(transaction: change.transaction).find(id: id)
        guard let token, token.revoked == nil, token.expires.map({ change.time < $0 }) ?? true else {
            throw Problem(
                .unauthenticated, "identity.token.refused", "The token is unknown, revoked or expired.",
                fix: "Ask an administrator for a new one.")
        }
    }

    /// Those that the principal holds in the change's workspace now.
    static func roles(of principal: String, in change: Change) throws -> Set<Role> {
        let roles = try BindingTable(transaction: change.transaction).roles(of: principal)
        return (roles[change.workspace] ?? []).union(roles[Session.everyWorkspace] ?? [])
    }

    /// Whether the user of this qualified name may decide approvals in the change's workspace now.
    static func mayDecide(_ qualifiedName: String, in change: Change) throws -> Bool {
        guard qualifiedName.hasPrefix("user:") else { return false }
        return try roles(of: String(qualifiedName.dropFirst(5)), in: change).contains { $0.permissions.contains(.approvalDecide) }
    }
}

extension ApprovalTable {
    init(_ change: Change) {
        self.init(transaction: change.transaction, workspace: change.workspace, now: change.time)
    }
}

extension Approval {
    var ledgerPayload: [String: JSONValue] {
        var payload = subject.ledgerPayload
        payload["gateReport"] = .string(gateReport)
        payload["gateReportDigest"] = .string(gateReportDigest.description)
        payload["count"] = .integer(Int64(rule.count))
        payload["approvers"] = .array(rule.approvers.map { .string("user:\($0)") })
        payload["roles"] = .array(rule.roles.map { .string($0.rawValue) })
        return payload
    }
}

/// How free text by people stands in the ledger.
enum TextDigest {
    static func of(_ text: String) -> String {
        BlobDigest(sha256: SHA256.hash(data: Data(text.utf8))).description
    }
}
