// SPDX-License-Identifier: Apache-2.0

import Backends
import Crypto
import Delivery
import Domain
import Governance
import TestSupport
import Testing

@Suite struct ApprovalLinkTests {
    @Test("a link lets the person it was made for decide once", arguments: TestDatabase.allCases)
    func once(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let rule = ApprovalRule(count: 2)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, rule: rule, by: world.amina)
            let (link, grant) = try await world.links.make(for: asked.id, to: "bruno", by: world.amina)
            let opened = try await world.links.open(link, by: world.bruno)
            #expect(opened.approval.id == asked.id && opened.report.id == report.id)
            let decided = try await world.links.decide(link, .approve, comment: "Read it.", by: world.bruno)
            #expect(decided.decisions.map(\.link) == [grant.id] && decided.missing == 1)
            for again in [
                try await code { _ = try await world.links.decide(link, .reject, comment: "No.", by: world.bruno) },
                try await code { _ = try await world.links.open(link, by: world.bruno) },
            ] { #expect(again == "delivery.approval.link-used") }
            #expect(
                try await world.verbs().filter { $0.hasPrefix("approval.") } == [
                    "approval.requested", "approval.link-made", "approval.recorded",
                ])
        }
    }

    @Test("a forwarded link lets nobody else decide, and the attempt is in the ledger", arguments: TestDatabase.allCases)
    func forwarded(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            let (link, _) = try await world.links.make(for: asked.id, to: "bruno", by: world.amina)
            let dora = World.caller("dora", .admin)
            let other = "delivery.approval.link-other-person"
            #expect(try await code { _ = try await world.links.open(link, by: dora) } == other)
            #expect(try await code { _ = try await world.links.decide(link, .approve, comment: "Yes.", by: dora) } == other)
            let impostor = World.caller("bruno", .approver, kind: .service)
            #expect(try await code { _ = try await world.links.decide(link, .approve, comment: "Yes.", by: impostor) } == other)
            #expect(try await code { _ = try await world.links.open(link, by: world.amina) } == "access.permission.missing")
            #expect(try await world.verbs().count { $0 == "request.refused" } == 4)
            #expect(try await world.approvals.approval(asked.id, by: dora).state == .pending)
            _ = try await world.links.decide(link, .approve, comment: "Mine.", by: world.bruno)
        }
    }

    @Test("a link that was changed, made by another key, over, or about another report opens nothing", arguments: TestDatabase.allCases)
    func unusable(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let rule = ApprovalRule(lifetime: .seconds(60))
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, rule: rule, by: world.amina)
            let (link, _) = try await world.links.make(for: asked.id, to: "bruno", by: world.amina)
            let elsewhere = ApprovalLinks(
                governor: world.governor, versions: VersionDirectory.registry, key: SymmetricKey(data: [UInt8](repeating: 8, count: 32)))
            func open(_ text: String, _ links: ApprovalLinks) async throws -> String? {
                try await code { _ = try await links.open(text, by: world.bruno) }
            }
            let refused = "delivery.approval.link-refused"
            #expect(try await open(link, elsewhere) == refused)
            for wrong in ["", ".", "a.b", "x" + link, link + "A", String(link.dropLast()), String(repeating: "a", count: 5000)] {
                #expect(try await open(wrong, world.links) == refused, "\(wrong.prefix(20))")
            }
            #expect(try await open(link, world.links) == nil)
            try await world.database.write { transaction in
                try transaction.execute("UPDATE gate_report SET document = REPLACE(document, '\"0.8\"', '\"0.9\"')")
            }
            #expect(try await open(link, world.links) == "delivery.approval.report-changed")
            let decision = try await code { _ = try await world.links.decide(link, .approve, comment: "Yes.", by: world.bruno) }
            #expect(decision == "delivery.approval.report-changed")
            world.clock.advance(by: .seconds(60))
            #expect(try await open(link, world.links) == refused)
        }
    }

    @Test("makes links only for people who may decide", arguments: TestDatabase.allCases)
    func useless(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let report = try await world.report(1)
            let rule = ApprovalRule(approvers: ["bruno", "chen"])
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, rule: rule, by: world.amina)
            func make(_ principal: String) async throws -> String? {
                try await code { _ = try await world.links.make(for: asked.id, to: principal, by: world.amina) }
            }
            #expect(try await make("nobody") == "identity.principal.unknown")
            #expect(try await make("amina") == "delivery.approval.same-person")
            #expect(try await make("bot") == "delivery.approval.not-a-person")
            #expect(try await make("dora") == "delivery.approval.not-asked")
            #expect(try await make("chen") == "delivery.approval.link-useless")
            #expect(try await make("bruno") == nil)
            _ = try await world.approvals.withdraw(asked.id, by: world.amina)
            #expect(try await make("bruno") == "delivery.approval.withdrawn")
        }
    }
}
