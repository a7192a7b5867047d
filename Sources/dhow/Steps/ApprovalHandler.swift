// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import Pipelines

/// `kind: approval`: asks people for their yes to releasing a version, and waits for it.
///
/// `with`: `model`, `version`, `endpoint`, `report`, optional `approvers`, `roles`, `count`, `expiresAfterSeconds`, `remindAfterSeconds`.
struct ApprovalHandler: StepHandler {
    let approvals: Approvals
    let blobs: any BlobStore

    func perform(_ work: HandledStep) async throws -> HandledOutcome {
        let arguments = StepArguments(work: work, blobs: blobs)
        let subject = try await ReleaseSubject(arguments)
        let report = try await arguments.text("report")
        let approval: Approval
        // Asked again while it waits: look before asking.
        if let known = try await approvals.approvals(endpoint: subject.endpoint, by: work.caller.asController).first(where: {
            $0.subject == subject && $0.gateReport == report
        }) {
            approval = known
        } else {
            approval = try await approvals.request(
                for: subject, gateReport: report, rule: try await rule(arguments), by: work.caller)
        }
        switch approval.state {
        case .pending: return .waiting
        case .approved: return .done(["approval": .value(.string(approval.id))])
        case .rejected:
            return .refused(
                Problem(
                    .rejected, "delivery.approval.rejected",
                    "\(approval.decidedBy ?? "A person") said no to releasing version \(subject.version).",
                    why: approval.comment))
        case .withdrawn:
            return .refused(
                Problem(
                    .rejected, "delivery.approval.withdrawn",
                    "\(approval.withdrawnBy ?? "A person") withdrew the approval of version \(subject.version)."))
        case .expired:
            return .refused(
                Problem(
                    .rejected, "delivery.approval.expired", "Nobody decided about version \(subject.version) in time.",
                    why: "\(approval.missing) of \(approval.rule.count) had yet to say yes.", fix: "Start the pipeline again."))
        }
    }

    private func rule(_ arguments: StepArguments) async throws -> ApprovalRule {
        var rule = ApprovalRule(
            approvers: try arguments.decoded("approvers", as: [String].self) ?? [],
            roles: try arguments.decoded("roles", as: [Role].self) ?? [])
        if let count = try await arguments.optionalInteger("count") { rule.count = count }
        if let seconds = try await arguments.optionalInteger("expiresAfterSeconds") { rule.lifetimeSeconds = Int64(seconds) }
        rule.remindAfterSeconds = try await arguments.optionalInteger("remindAfterSeconds").map { Int64($0) }
        return rule
    }
}

extension ReleaseSubject {
    init(_ arguments: StepArguments) async throws {
        self.init(
            endpoint: try await arguments.text("endpoint"), model: try await arguments.text("model"),
            version: try await arguments.integer("version"))
    }
}
