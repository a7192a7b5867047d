// SPDX-License-Identifier: Apache-2.0

import Domain
package import Governance

/// Breaking the glass: releases that skip gates and freezes, with a second person and a trail that stays open.
package struct Emergencies: Sendable {
    private let governor: Governor
    private let versions: VersionDirectory

    package init(governor: Governor, versions: VersionDirectory) {
        self.governor = governor
        self.versions = versions
    }

    /// Asks a second person, who has an hour, for a release that no gate has let through.
    ///
    /// It makes a gate report that says so and an approval that rests on it; once approved, they are released with as any others.
    package func ask(for subject: ReleaseSubject, because reason: String, by caller: Caller) async throws -> Emergency {
        try ResourceName.check(subject.endpoint, of: "endpoint")
        try Rollouts.check(reason: reason)
        guard caller.principal.kind == .user else {
            throw Problem(.forbidden, "delivery.approval.not-a-person", "Only a person breaks the glass.", fix: "Sign in as a user.")
        }
        let versions = versions
        return try await governor.change(.releaseCreate, by: caller) { change in
            try versions.require(subject.model, subject.version, change.workspace, change.transaction)
            let requester = change.caller.principal.qualifiedName
            let report = try GateReportTable(transaction: change.transaction, workspace: change.workspace).insert(
                GateFindings(
                    specification: GateSpecification(name: Emergency.gate, checks: []), gateRevision: nil, model: subject.model,
                    version: subject.version, outcome: .inconclusive, checks: [], champion: nil, heldOutSnapshots: [], runID: nil,
                    scoresDigest: nil, scoredRows: 0, evaluatedBy: requester, created: change.time), id: change.newIdentifier())
            let rule = ApprovalRule(lifetime: Emergency.lifetime)
            let approval = Approval(
                id: change.newIdentifier(), subject: subject, gateReport: report.id, gateReportDigest: report.digest,
                requestedBy: requester, requested: change.time, rule: rule, expires: change.time + Emergency.lifetime, state: .pending)
            try ApprovalTable(change).insert(approval)
            let emergency = Emergency(
                report: report.id, approval: approval.id, subject: subject, reason: reason, askedBy: requester, asked: change.time)
            try EmergencyTable(transaction: change.transaction, workspace: change.workspace).insert(emergency)
            var payload = subject.ledgerPayload
            payload["report"] = .string(report.id)
            payload["approval"] = .string(approval.id)
            payload["reasonDigest"] = .string(TextDigest.of(reason))
            try change.record("emergency.asked", on: "emergency/\(report.id)", payload)
            return emergency
        }
    }

    /// Newest first.
    package func emergencies(isOpen: Bool? = nil, after: String? = nil, limit: Int = 100, by caller: Caller) async throws -> [Emergency] {
        try await governor.read(.deliveryRead, by: caller) { transaction in
            try EmergencyTable(transaction: transaction, workspace: caller.workspace).list(isOpen: isOpen, after: after, limit: limit)
        }
    }

    /// Says what came of it. Who asked for it may not.
    package func close(_ release: String, note: String, by caller: Caller) async throws -> Emergency {
        try Rollouts.check(reason: note)
        return try await governor.change(.approvalDecide, by: caller) { change in
            let table = EmergencyTable(transaction: change.transaction, workspace: change.workspace)
            var emergency = try table.require(release: release)
            guard emergency.isOpen else {
                throw Problem(.conflict, "delivery.emergency.closed", "The emergency of release \(release) is closed already.")
            }
            let name = change.caller.principal.qualifiedName
            guard name != emergency.askedBy, change.caller.principal.kind == .user else {
                throw Problem(
                    .forbidden, "delivery.emergency.same-person", "You cannot close this emergency.",
                    why: "Who asked for it may not judge it, nor may a service.", fix: "Ask another person who may decide approvals.")
            }
            emergency.closed = change.time
            emergency.closedBy = name
            emergency.note = note
            try table.close(emergency)
            try change.record(
                "emergency.closed", on: "emergency/\(emergency.report)",
                ["release": .string(release), "noteDigest": .string(TextDigest.of(note))])
            return emergency
        }
    }

    /// Marks a release that skipped its gates, in the transaction that begins it.
    static func open(for release: Release, in change: Change) throws {
        let table = EmergencyTable(transaction: change.transaction, workspace: change.workspace)
        guard try table.find(report: release.gateReport) != nil else { return }
        try table.open(release.gateReport, by: release.id, at: change.time)
        try change.record("emergency.opened", on: "emergency/\(release.gateReport)", ["release": .string(release.id)])
    }

    /// Whether a report stands for a release that skips gates and freezes.
    static func isEmergency(_ report: String, in change: Change) throws -> Bool {
        try EmergencyTable(transaction: change.transaction, workspace: change.workspace).find(report: report) != nil
    }
}
