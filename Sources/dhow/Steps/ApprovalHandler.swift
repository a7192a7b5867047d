// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Pipelines

/// `kind: approval`: asks for a person's yes to releasing a version, and waits for it.
///
/// `with`: `model`, `version`, `endpoint`, `report`.
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
            approval = try await approvals.request(for: subject, gateReport: report, by: work.caller)
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
        }
    }
}

extension ReleaseSubject {
    init(_ arguments: StepArguments) async throws {
        self.init(
            endpoint: try await arguments.text("endpoint"), model: try await arguments.text("model"),
            version: try await arguments.integer("version"))
    }
}
