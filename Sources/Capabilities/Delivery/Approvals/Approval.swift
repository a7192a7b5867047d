// SPDX-License-Identifier: Apache-2.0

package import Domain
package import Governance

/// What is released where: the subject of an approval and of a release.
package struct ReleaseSubject: Codable, Hashable, Sendable {
    package var endpoint: String
    package var model: String
    package var version: Int

    package init(endpoint: String, model: String, version: Int) {
        self.endpoint = endpoint
        self.model = model
        self.version = version
    }

    var description: String { "version \(version) of model '\(model)' on endpoint '\(endpoint)'" }

    var ledgerPayload: [String: JSONValue] {
        ["endpoint": .string(endpoint), "model": .string(model), "version": .integer(Int64(version))]
    }
}

/// Named people's recorded yes or no to one release, resting on one gate report as it was.
package struct Approval: Codable, Equatable, Sendable {
    package enum State: String, Codable, CaseIterable, Sendable {
        case pending, approved, rejected
        /// Taken back before it was used.
        case withdrawn
        /// Its time was over before enough people had decided.
        case expired
    }

    package enum Decision: String, Codable, CaseIterable, Sendable {
        case approve, reject
    }

    package var id: String
    package var subject: ReleaseSubject
    package var gateReport: String
    /// Of the report when the approval was asked for.
    package var gateReportDigest: BlobDigest
    package var requestedBy: String
    package var requested: Timestamp
    package var rule: ApprovalRule
    /// From then on it can neither be decided nor used.
    package var expires: Timestamp
    /// As it was when it was read.
    package var state: State
    /// In the order in which people decided.
    package var decisions: [ApprovalDecision] = []
    package var withdrawnBy: String?
    package var withdrawn: Timestamp?

    /// Whoever decided last, when it is decided.
    package var decidedBy: String? { isDecided ? decisions.last?.principal : nil }
    package var decided: Timestamp? { isDecided ? decisions.last?.decided : nil }
    package var comment: String? { isDecided ? decisions.last?.comment : nil }
    private var isDecided: Bool { state == .approved || state == .rejected }

    /// People who have yet to say yes.
    package var missing: Int { max(0, rule.count - decisions.count { $0.decision == .approve }) }
}

/// What one person said.
package struct ApprovalDecision: Codable, Equatable, Sendable {
    /// Qualified name.
    package var principal: String
    package var decision: Approval.Decision
    package var comment: String
    package var decided: Timestamp
    /// Id of the ledger entry that says so; its receipt proves it.
    package var entry: String
    /// Id of the link through which it came.
    package var link: String?
}

extension Approval {
    /// Whether `decider` may decide now, apart from the state of the gate report.
    ///
    /// - Parameter author: Who registered the version.
    /// - Parameter roles: Those that the decider holds in the workspace at this moment.
    package func admit(_ decider: Principal, holding roles: Set<Role>, author: String, at now: Timestamp) throws(Problem) {
        guard decider.kind == .user else {
            throw Problem(
                .forbidden, "delivery.approval.not-a-person", "Only a person decides an approval.",
                why: "\(decider.qualifiedName) is a \(decider.kind.rawValue).", fix: "Sign in as a user with the role 'approver'.")
        }
        guard decider.qualifiedName != author else { throw samePerson("registered the version") }
        guard decider.qualifiedName != requestedBy else { throw samePerson("asked for the approval") }
        guard rule.names(decider.name, holding: roles) else {
            let asked = rule.approvers.map { "'\($0)'" } + rule.roles.map { "role '\($0.rawValue)'" }
            throw Problem(
                .forbidden, "delivery.approval.not-asked", "You are not among those who decide approval \(id).",
                why: "It asks \(asked.joined(separator: ", ")).", fix: "Ask one of them.")
        }
        guard !decisions.contains(where: { $0.principal == decider.qualifiedName }) else {
            throw Problem(
                .conflict, "delivery.approval.decided", "You have already decided approval \(id).", why: "Each person decides once.",
                fix: "To take a yes back: dhow approval retract \(id).")
        }
        switch state {
        case .pending: break
        case .approved, .rejected:
            throw Problem(
                .conflict, "delivery.approval.decided", "Approval \(id) was already \(state.rawValue).", fix: "Ask for a new approval.")
        case .withdrawn: throw wasWithdrawn
        case .expired: throw expired
        }
        guard now < expires else { throw expired }
    }

    /// Whether it lets `subject` be released now on the strength of `report`.
    ///
    /// - Parameter mayDecide: Whether the person of this qualified name may still decide.
    func permit(
        _ subject: ReleaseSubject, _ report: GateReport, at now: Timestamp, _ mayDecide: (String) throws -> Bool
    ) throws {
        guard self.subject == subject else {
            throw Problem(
                .rejected, "delivery.approval.other-subject",
                "Approval \(id) is for \(self.subject.description), not for \(subject.description).",
                fix: "Ask for an approval of this release.")
        }
        switch state {
        case .approved: break
        case .withdrawn: throw wasWithdrawn
        case .expired: throw expired
        case .pending, .rejected:
            throw Problem(
                .rejected, "delivery.approval.not-approved", "Approval \(id) is \(state.rawValue).",
                fix: state == .pending ? "Ask an approver to decide: dhow approval approve \(id)." : "Ask for a new approval.")
        }
        guard now < expires else { throw expired }
        guard gateReport == report.id, gateReportDigest == report.digest else {
            throw Problem(
                .rejected, "delivery.approval.other-report",
                "Approval \(id) rests on another gate report, or the report was changed since.",
                fix: "Ask for an approval that refers to report \(report.id).")
        }
        let standing = try decisions.filter { try $0.decision == .approve && mayDecide($0.principal) }
        guard standing.count >= rule.count else {
            throw Problem(
                .rejected, "delivery.approval.approver-revoked", "Approval \(id) no longer stands.",
                why: "Somebody who said yes may not decide any more.", fix: "Ask for a new approval.")
        }
    }

    var wasWithdrawn: Problem {
        Problem(
            .rejected, "delivery.approval.withdrawn", "Approval \(id) was withdrawn by \(withdrawnBy ?? "somebody").",
            fix: "Ask for a new approval.")
    }

    private var expired: Problem {
        Problem(.rejected, "delivery.approval.expired", "Approval \(id) has expired.", fix: "Ask for a new approval.")
    }

    private func samePerson(_ did: String) -> Problem {
        Problem(
            .forbidden, "delivery.approval.same-person", "You cannot decide approval \(id).",
            why: "You \(did); four eyes see more than two.", fix: "Ask another person with the role 'approver'.")
    }
}
