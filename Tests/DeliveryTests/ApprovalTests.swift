// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import TestSupport
import Testing

@Suite struct ApprovalTests {
    @Test("records a person's yes with the report it rests on", arguments: TestDatabase.allCases)
    func approves(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let approval = try await world.approval(1, report)
            #expect(approval.state == .approved)
            #expect(approval.decidedBy == "user:bruno")
            #expect(approval.gateReportDigest == report.digest)
            #expect(try await world.approvals.approval(approval.id, by: world.chen) == approval)
            #expect(try await world.verbs() == ["gate.passed", "approval.requested", "approval.recorded"])
            let payload: String? = try await world.database.read {
                try $0.row("SELECT payload FROM ledger_entry WHERE verb = 'approval.recorded'").map { try $0["payload"] }
            }
            #expect(payload?.contains("Looks sound") == false, "Free text stands in the ledger by its digest.")
        }
    }

    @Test("neither the author nor who asked nor a machine decides", arguments: TestDatabase.allCases)
    func fourEyes(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            // Dora, an administrator, asks; Amina is the version's author and gets the right to decide.
            let dora = World.caller("dora", .admin)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: dora)
            try await world.database.write { transaction in
                try BindingTable(transaction: transaction).insert(
                    Binding(principal: "amina", workspace: "main", role: .approver), at: Timestamp(milliseconds: 0))
            }
            func decide(_ caller: Caller) async throws -> String? {
                try await code { _ = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: caller) }
            }
            #expect(try await decide(world.amina) == "delivery.approval.same-person")
            #expect(try await decide(dora) == "delivery.approval.same-person")
            #expect(try await decide(World.caller("bot", .approver, kind: .service)) == "delivery.approval.not-a-person")
            #expect(try await decide(.controller("rollouts", in: "main")) == "delivery.approval.not-a-person")
            #expect(try await decide(world.chen) == "access.permission.missing")
            #expect(try await world.approvals.approval(asked.id, by: dora).state == .pending)
            #expect(try await world.verbs().count { $0 == "request.refused" } == 5)
            #expect(try await decide(world.bruno) == nil)
        }
    }

    @Test("an approval is decided once, in time and with a comment", arguments: TestDatabase.allCases)
    func once(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let asked = try await world.approvals.request(
                for: world.subject(1), gateReport: report.id, rule: ApprovalRule(lifetime: .seconds(60)), by: world.amina)
            func decide(_ id: String, _ comment: String = "No.") async throws -> String? {
                try await code { _ = try await world.approvals.decide(id, .reject, comment: comment, by: world.bruno) }
            }
            #expect(try await decide(asked.id, " \n") == "delivery.approval.comment")
            #expect(try await decide(asked.id, String(repeating: "x", count: 2001)) == "delivery.approval.comment")
            #expect(try await decide("nobody") == "delivery.approval.unknown")
            #expect(try await decide(asked.id) == nil)
            #expect(try await decide(asked.id) == "delivery.approval.decided")
            let late = try await world.approvals.request(
                for: world.subject(1), gateReport: report.id, rule: ApprovalRule(lifetime: .seconds(60)), by: world.amina)
            world.clock.advance(by: .seconds(60))
            #expect(try await decide(late.id) == "delivery.approval.expired")
        }
    }

    @Test("a report that failed, is about another version or was followed by another carries nothing", arguments: TestDatabase.allCases)
    func reports(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            func ask(_ version: Int, _ report: GateReport) async throws -> String? {
                try await code {
                    _ = try await world.approvals.request(for: world.subject(version), gateReport: report.id, by: world.amina)
                }
            }
            let failed = try await world.report(1, auc: 0.6)
            #expect(try await ask(1, failed) == "delivery.gate-report.not-passed")
            let passed = try await world.report(1)
            #expect(try await ask(2, passed) == "delivery.gate-report.other-version")
            #expect(try await ask(9, passed) == "delivery.version.unknown")
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: passed.id, by: world.amina)
            _ = try await world.report(1, auc: 0.5)
            #expect(try await ask(1, passed) == "delivery.gate-report.superseded")
            let decision = try await code { _ = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: world.bruno) }
            #expect(decision == "delivery.gate-report.superseded")
            _ = try await world.approvals.decide(asked.id, .reject, comment: "No longer passed.", by: world.bruno)
        }
    }

    @Test("a report changed in the database is not approved, nor released", arguments: TestDatabase.allCases)
    func tampered(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            let approved = try await world.approval(1, report)
            try await world.database.write { transaction in
                try transaction.execute("UPDATE gate_report SET document = REPLACE(document, '\"0.8\"', '\"0.9\"')")
            }
            #expect(try await world.gates.report(report.id, by: world.amina).digest != report.digest)
            let decision = try await code { _ = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: world.bruno) }
            #expect(decision == "delivery.approval.report-changed")
            let new = NewRelease(subject: world.subject(1), gateReport: report.id, approval: approved.id)
            #expect(try await code { _ = try await world.releases.create(new, by: world.chen) } == "delivery.approval.other-report")
        }
    }

    @Test("of two decisions at once one is kept", arguments: TestDatabase.allCases)
    func concurrent(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            let dora = World.caller("dora", .admin)
            async let yes = code { _ = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: world.bruno) }
            async let no = code { _ = try await world.approvals.decide(asked.id, .reject, comment: "No.", by: dora) }
            let codes = try await [yes, no]
            #expect(codes.count { $0 == nil } == 1)
            #expect(codes.count { $0 == "delivery.approval.decided" } == 1)
            let kept = try await world.approvals.approval(asked.id, by: world.chen)
            #expect(kept.state == (codes[0] == nil ? .approved : .rejected))
            #expect(try await world.verbs().count { $0 == "approval.recorded" } == 1)
        }
    }

    @Test("lists approvals newest first, page by page", arguments: TestDatabase.allCases)
    func pages(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            var ids: [String] = []
            for _ in 0..<3 {
                ids.append(try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina).id)
            }
            let first = try await world.approvals.approvals(state: .pending, limit: 2, by: world.bruno).map(\.id)
            #expect(first == [ids[2], ids[1]])
            #expect(try await world.approvals.approvals(endpoint: World.endpoint, after: first[1], by: world.bruno).map(\.id) == [ids[0]])
            #expect(try await world.approvals.approvals(state: .approved, by: world.bruno).isEmpty)
        }
    }
}
