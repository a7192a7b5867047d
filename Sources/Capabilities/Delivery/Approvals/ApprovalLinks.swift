// SPDX-License-Identifier: Apache-2.0

import Backends
package import Crypto
package import Domain
import Foundation
package import Governance

/// Links that lead one person to one decision: signed, bound to approval, person and gate report, good once.
///
/// A link is no credential: who opens it signs in as the person it was made for, so a forwarded link lets nobody else decide.
package struct ApprovalLinks: Sendable {
    /// What a link says; signed with HMAC-SHA-256 under a key of its own.
    package struct Grant: Codable, Equatable, Sendable {
        package var id: String
        package var workspace: String
        package var approval: String
        /// Name of the user it was made for.
        package var principal: String
        package var gateReportDigest: BlobDigest
        package var expires: Timestamp
    }

    /// What a link leads to.
    package struct Opened: Sendable {
        package var grant: Grant
        package var approval: Approval
        package var report: GateReport
    }

    private static let maximumLength = 4096
    private let governor: Governor
    private let versions: VersionDirectory
    private let key: SymmetricKey

    package init(governor: Governor, versions: VersionDirectory, key: SymmetricKey) {
        self.governor = governor
        self.versions = versions
        self.key = key
    }

    /// Makes a link for a user who may decide.
    ///
    /// - Throws: `Problem` `.forbidden` for a user who could not decide, `.rejected` and `.conflict` for an approval that is over.
    package func make(for approvalID: String, to principal: String, by caller: Caller) async throws -> (text: String, grant: Grant) {
        let versions = versions
        let grant = try await governor.change(.gateEvaluate, by: caller) { change in
            let approval = try ApprovalTable(change).require(approvalID)
            guard let person = try PrincipalTable(transaction: change.transaction).find(principal) else {
                throw Problem(
                    .notFound, "identity.principal.unknown", "Principal '\(principal.printable)' does not exist.",
                    fix: "Name a user with the role 'approver'.")
            }
            let author = try versions.require(approval.subject.model, approval.subject.version, change.workspace, change.transaction)
            try approval.admit(
                person, holding: try Approvals.roles(of: person.name, in: change), author: author, at: change.time)
            guard try Approvals.mayDecide(person.qualifiedName, in: change) else {
                throw Problem(
                    .forbidden, "delivery.approval.link-useless", "'\(principal)' may not decide approvals in this workspace.",
                    fix: "An administrator can bind the role: dhow binding create \(principal) approver.")
            }
            let grant = Grant(
                id: change.newIdentifier(), workspace: change.workspace, approval: approvalID, principal: principal,
                gateReportDigest: approval.gateReportDigest, expires: approval.expires)
            try change.transaction.execute(
                "INSERT INTO approval_link (workspace, id, approval, principal, created_by, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)",
                grant.workspace, grant.id, approvalID, principal, caller.principal.qualifiedName, change.time, grant.expires)
            try change.record(
                "approval.link-made", on: "approval/\(approvalID)",
                ["link": .string(grant.id), "for": .string(person.qualifiedName), "expires": .integer(grant.expires.milliseconds)])
            return grant
        }
        return (try sign(grant), grant)
    }

    /// What the link leads to, for the person it was made for.
    ///
    /// - Throws: `Problem` `.unauthenticated` for a link that is not ours or is over, `.forbidden` for anyone else, `.conflict` for a used one.
    package func open(_ text: String, by caller: Caller) async throws -> Opened {
        let now = governor.clock.now()
        let (grant, caller) = try verified(text, by: caller, at: now)
        try await governor.admit(caller, for: .approvalDecide)
        guard caller.principal.qualifiedName == "user:\(grant.principal)" else {
            // Refused as a change is, so that the ledger tells of it.
            _ = try await governor.change(.approvalDecide, by: caller) { _ -> Nothing in throw Self.otherPerson }
            throw Self.otherPerson
        }
        return try await governor.read(.approvalDecide, by: caller) { transaction in
            try Self.requireUnused(grant, transaction)
            let approval = try ApprovalTable(transaction: transaction, workspace: grant.workspace, now: now).require(grant.approval)
            guard let report = try GateReportTable(transaction: transaction, workspace: grant.workspace).find(approval.gateReport) else {
                throw Problem(.notFound, "delivery.gate-report.unknown", "Gate report '\(approval.gateReport)' does not exist.")
            }
            guard report.digest == grant.gateReportDigest else { throw ReportCheck.changed(report.id) }
            return Opened(grant: grant, approval: approval, report: report)
        }
    }

    /// Decides through the link, and uses it up.
    ///
    /// - Throws: As `open` and `Approvals.decide`.
    package func decide(
        _ text: String, _ decision: Approval.Decision, comment: String, by caller: Caller
    ) async throws -> Approval {
        let comment = try Approvals.checked(comment)
        let now = governor.clock.now()
        let (grant, verified) = try verified(text, by: caller, at: now)
        let versions = versions
        return try await governor.change(.approvalDecide, by: verified) { change in
            guard change.caller.principal.qualifiedName == "user:\(grant.principal)" else { throw Self.otherPerson }
            try Self.requireUnused(grant, change.transaction)
            let approval = try ApprovalTable(change).require(grant.approval)
            guard approval.gateReportDigest == grant.gateReportDigest else { throw ReportCheck.changed(approval.gateReport) }
            let used = try change.transaction.execute(
                "UPDATE approval_link SET used = ? WHERE workspace = ? AND id = ? AND used IS NULL", change.time, grant.workspace, grant.id)
            precondition(used == 1, "A link is looked at before it is used, in one transaction.")
            return try Approvals.decide(
                grant.approval, decision, comment: comment, link: grant.id, versions, in: change)
        }
    }

    private func sign(_ grant: Grant) throws -> String {
        let body = Self.encoded(Data(try DocumentText.encode(grant).utf8))
        return body + "." + Self.encoded(Data(HMAC<SHA256>.authenticationCode(for: Data(body.utf8), using: key)))
    }

    /// The caller stands in the link's workspace afterwards.
    private func verified(_ text: String, by caller: Caller, at now: Timestamp) throws -> (Grant, Caller) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.maximumLength, parts.count == 2, let code = Self.decoded(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Data(parts[0].utf8), using: key),
            let body = Self.decoded(parts[0]), let grant = try? JSONDecoder().decode(Grant.self, from: body)
        else { throw Self.refusal("It was not made by this server, or was changed.") }
        guard now < grant.expires else { throw Self.refusal("Its time is over.") }
        var caller = caller
        caller.workspace = grant.workspace
        return (grant, caller)
    }

    private static func requireUnused(_ grant: Grant, _ transaction: any Transaction) throws {
        let row = try transaction.row("SELECT used FROM approval_link WHERE workspace = ? AND id = ?", grant.workspace, grant.id)
        guard let row else { throw refusal("It was taken back.") }
        let used: Timestamp? = try row["used"]
        guard used == nil else {
            throw Problem(
                .conflict, "delivery.approval.link-used", "The link was used already.", why: "A link is good for one decision.",
                fix: "Look at the approval: dhow approval show \(grant.approval).")
        }
    }

    private static let otherPerson = Problem(
        .forbidden, "delivery.approval.link-other-person", "The link was made for somebody else.",
        why: "A forwarded link lets nobody decide but the person it was made for.",
        fix: "Decide under your own name: dhow approval list --pending.")

    private static func refusal(_ why: String) -> Problem {
        Problem(
            .unauthenticated, "delivery.approval.link-refused", "The link cannot be used.", why: why,
            fix: "Ask for another: dhow approval link.")
    }

    /// Base 64 with the letters that need no escape in a URL.
    private static func encoded(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decoded(_ text: Substring) -> Data? {
        let plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
