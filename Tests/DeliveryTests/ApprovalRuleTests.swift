// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import TestSupport
import Testing

@Suite struct ApprovalRuleTests {
    @Test("asks as many people as the rule says, each once; one no is a no", arguments: TestDatabase.allCases)
    func count(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let dora = World.caller("dora", .admin)
            func ask() async throws -> Approval {
                try await world.approvals.request(
                    for: world.subject(1), gateReport: report.id, rule: ApprovalRule(count: 2), by: world.amina)
            }
            let asked = try await ask()
            let half = try await world.approvals.decide(asked.id, .approve, comment: "Sound.", by: world.bruno)
            #expect(half.state == .pending && half.missing == 1 && half.decidedBy == nil)
            let new = NewRelease(subject: world.subject(1), gateReport: report.id, approval: asked.id)
            #expect(try await code { _ = try await world.releases.create(new, by: world.chen) } == "delivery.approval.not-approved")
            let again = try await code { _ = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: world.bruno) }
            #expect(again == "delivery.approval.decided")
            let whole = try await world.approvals.decide(asked.id, .approve, comment: "Also sound.", by: dora)
            #expect(whole.state == .approved && whole.decisions.map(\.principal) == ["user:bruno", "user:dora"])
            #expect(Set(whole.decisions.map(\.entry)).count == 2 && whole.decisions.allSatisfy { !$0.entry.isEmpty })
            let entries: [String] = try await world.database.read {
                try $0.rows("SELECT id FROM ledger_entry WHERE verb = 'approval.recorded' ORDER BY id").map { try $0["id"] }
            }
            #expect(whole.decisions.map(\.entry) == entries, "Each decision has its entry of the ledger.")
            let other = try await ask()
            let no = try await world.approvals.decide(other.id, .reject, comment: "No.", by: dora)
            #expect(no.state == .rejected)
            let late = try await code { _ = try await world.approvals.decide(other.id, .approve, comment: "Yes.", by: world.bruno) }
            #expect(late == "delivery.approval.decided")
        }
    }

    @Test("asks those named, or those with a role", arguments: TestDatabase.allCases)
    func names(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let dora = World.caller("dora", .admin)
            func decide(_ rule: ApprovalRule, _ caller: Caller) async throws -> String? {
                let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, rule: rule, by: world.amina)
                return try await code { _ = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: caller) }
            }
            let notAsked = "delivery.approval.not-asked"
            #expect(try await decide(ApprovalRule(approvers: ["dora"]), world.bruno) == notAsked)
            #expect(try await decide(ApprovalRule(approvers: ["dora"]), dora) == nil)
            #expect(try await decide(ApprovalRule(roles: [.approver]), dora) == notAsked)
            #expect(try await decide(ApprovalRule(roles: [.approver]), world.bruno) == nil)
            #expect(try await decide(ApprovalRule(approvers: ["dora"], roles: [.approver]), world.bruno) == nil)
        }
    }

    @Test("refuses rules that nobody could satisfy", arguments: TestDatabase.allCases)
    func impossible(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            func ask(_ rule: ApprovalRule) async throws -> String? {
                try await code {
                    _ = try await world.approvals.request(for: world.subject(1), gateReport: report.id, rule: rule, by: world.amina)
                }
            }
            #expect(try await ask(ApprovalRule(approvers: ["amina"])) == "delivery.approval.nobody")
            #expect(try await ask(ApprovalRule(approvers: ["amina", "bruno"], count: 2)) == "delivery.approval.nobody")
            for rule in [
                ApprovalRule(count: 0), ApprovalRule(count: 11), ApprovalRule(approvers: ["bruno"], count: 2),
                ApprovalRule(roles: [.viewer]),
                ApprovalRule(approvers: ["bruno", "bruno"]), ApprovalRule(remindAfterSeconds: 1),
                ApprovalRule(lifetime: .seconds(100), remindAfterSeconds: 100),
            ] {
                #expect(try await ask(rule) == "delivery.approval.rule", "\(rule)")
            }
            #expect(try await ask(ApprovalRule(lifetime: .seconds(91 * 86_400))) == "delivery.approval.lifetime")
        }
    }

    @Test("is withdrawn by who asked or said yes, until it is used", arguments: TestDatabase.allCases)
    func withdrawal(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let pending = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            #expect(try await code { _ = try await world.approvals.retract(pending.id, by: world.bruno) } == "delivery.approval.not-yours")
            #expect(try await code { _ = try await world.approvals.withdraw(pending.id, by: world.chen) } == "delivery.approval.not-yours")
            #expect(try await world.approvals.withdraw(pending.id, by: world.amina).state == .withdrawn)
            #expect(try await code { _ = try await world.approvals.withdraw(pending.id, by: world.amina) } == "delivery.approval.withdrawn")
            let decision = try await code { _ = try await world.approvals.decide(pending.id, .approve, comment: "Yes.", by: world.bruno) }
            #expect(decision == "delivery.approval.withdrawn")
            let approved = try await world.approval(1, report)
            #expect(try await world.approvals.retract(approved.id, by: world.bruno).withdrawnBy == "user:bruno")
            let new = NewRelease(subject: world.subject(1), gateReport: report.id, approval: approved.id)
            #expect(try await code { _ = try await world.releases.create(new, by: world.chen) } == "delivery.approval.withdrawn")
            let used = try await world.ready(1)
            _ = try await world.releases.create(used, by: world.chen)
            #expect(try await code { _ = try await world.approvals.retract(used.approval, by: world.bruno) } == "delivery.approval.used")
            #expect(try await world.approvals.approvals(state: .withdrawn, by: world.amina).map(\.id) == [approved.id, pending.id])
        }
    }

    @Test("reminds each time the rule says, and tells once that it expired", arguments: TestDatabase.allCases)
    func reminders(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let rule = ApprovalRule(lifetime: .seconds(300), remindAfterSeconds: 100)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, rule: rule, by: world.amina)
            _ = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            var told: [Int] = []
            for _ in 0..<8 {
                told.append(try await world.approvals.remind())
                world.clock.advance(by: .seconds(50))
            }
            #expect(told == [0, 0, 1, 0, 1, 0, 1, 0])
            #expect(
                try await world.verbs().filter { $0 == "approval.reminded" || $0 == "approval.expired" }
                    == ["approval.reminded", "approval.reminded", "approval.expired"])
            #expect(try await world.approvals.approval(asked.id, by: world.amina).state == .expired)
            #expect(try await world.approvals.approvals(state: .expired, by: world.amina).map(\.id) == [asked.id])
            #expect(try await world.approvals.approvals(state: .pending, by: world.amina).count == 1)
            let payload: String? = try await world.database.read {
                try $0.row("SELECT payload FROM ledger_entry WHERE verb = 'approval.reminded'").map { try $0["payload"] }
            }
            #expect(payload?.contains("\"waitingSeconds\":100") == true)
        }
    }

    @Test("what a person said does not outlive the right to say it", arguments: TestDatabase.allCases)
    func revoked(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let approved = try await world.approval(1, report)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            try await world.database.write {
                _ = try BindingTable(transaction: $0).delete(Binding(principal: "bruno", workspace: "main", role: .approver))
            }
            // Bruno's session still has the role; the database does not.
            let decision = try await code { _ = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: world.bruno) }
            #expect(decision == "access.permission.missing")
            let new = NewRelease(subject: world.subject(1), gateReport: report.id, approval: approved.id)
            #expect(try await code { _ = try await world.releases.create(new, by: world.chen) } == "delivery.approval.approver-revoked")
        }
    }

    @Test("a session whose token was revoked decides nothing", arguments: TestDatabase.allCases)
    func revokedToken(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            let identity = Identity(governor: world.governor)
            let system = Caller.controller("test", in: "main")
            let (token, _) = try await identity.createToken(for: world.bruno.principal, note: "", expires: nil, by: system)
            func decide(_ tokenID: String) async throws -> String? {
                var session = world.bruno.session
                session.tokenID = tokenID
                let caller = Caller(session: session, workspace: "main")
                return try await code { _ = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: caller) }
            }
            _ = try await identity.revokeToken(token.id, by: system)
            #expect(try await decide(token.id) == "identity.token.refused")
            #expect(try await decide("unknown") == "identity.token.refused")
            let (good, _) = try await identity.createToken(for: world.bruno.principal, note: "", expires: nil, by: system)
            #expect(try await decide(good.id) == nil)
        }
    }
}
