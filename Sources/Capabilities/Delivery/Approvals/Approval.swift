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

/// One named person's recorded yes or no to one release, resting on one gate report as it was.
package struct Approval: Codable, Equatable, Sendable {
    package enum State: String, Codable, CaseIterable, Sendable {
        case pending, approved, rejected
    }

    package enum Decision: String, Codable, CaseIterable, Sendable {
        case approve, reject

        var state: State {
            switch self {
            case .approve: .approved
            case .reject: .rejected
            }
        }
    }

    package var id: String
    package var subject: ReleaseSubject
    package var gateReport: String
    /// Of the report when the approval was asked for.
    package var gateReportDigest: BlobDigest
    package var requestedBy: String
    package var requested: Timestamp
    /// From then on it can neither be decided nor used.
    package var expires: Timestamp
    package var state: State
    package var decidedBy: String?
    package var decided: Timestamp?
    package var comment: String?
}

extension Approval {
    /// Whether `decider` may decide now, apart from the state of the gate report.
    ///
    /// - Parameter author: Who registered the version.
    package func admit(_ decider: Principal, author: String, at now: Timestamp) throws(Problem) {
        guard decider.kind == .user else {
            throw Problem(
                .forbidden, "delivery.approval.not-a-person", "Only a person decides an approval.",
                why: "\(decider.qualifiedName) is a \(decider.kind.rawValue).", fix: "Sign in as a user with the role 'approver'.")
        }
        guard decider.qualifiedName != author else { throw samePerson("registered the version") }
        guard decider.qualifiedName != requestedBy else { throw samePerson("asked for the approval") }
        guard state == .pending else {
            throw Problem(
                .conflict, "delivery.approval.decided", "Approval \(id) was already \(state.rawValue).", fix: "Ask for a new approval.")
        }
        guard now < expires else { throw expired }
    }

    /// Whether it lets `subject` be released now on the strength of `report`.
    func permit(_ subject: ReleaseSubject, _ report: GateReport, at now: Timestamp) throws(Problem) {
        guard self.subject == subject else {
            throw Problem(
                .rejected, "delivery.approval.other-subject",
                "Approval \(id) is for \(self.subject.description), not for \(subject.description).",
                fix: "Ask for an approval of this release.")
        }
        guard state == .approved else {
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
