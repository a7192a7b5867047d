// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Governance
import TestSupport
import Testing

@Suite struct DeclaredGateTests {
    private static let stricter = GateSpecification(
        name: "quality",
        checks: [GateCheck(name: "auc-floor", rule: .threshold(ThresholdRule(metric: "auc", comparison: .atLeast, value: 0.75)))])

    private static let weaker = GateSpecification(
        name: "quality",
        checks: [GateCheck(name: "auc-floor", rule: .threshold(ThresholdRule(metric: "auc", comparison: .atLeast, value: 0)))])

    private func read(_ checks: [GateCheck]?, _ world: World) async throws -> String? {
        try await code { _ = try await world.gates.specification("quality", checks: checks, by: world.amina) }
    }

    private func judge(_ gate: GateSpecification, _ world: World) async throws -> String? {
        try await code {
            _ = try await world.gates.evaluate(
                gate, GateEvidence(metrics: ["auc": 0.1]), of: World.model, version: 1, heldOutSnapshots: [], by: world.amina)
        }
    }

    @Test("a declared gate alone says what is checked", arguments: TestDatabase.allCases)
    func declared(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            #expect(try await read(nil, world) == "delivery.gate.unknown")
            let before = try await world.report(1)
            #expect(before.findings.gateRevision == nil)
            let first = try await world.declare(World.gate)
            let again = try await world.declare(World.gate)
            #expect(first.revision == 1 && again.revision == 1, "The same again changes nothing.")
            #expect(try await read(nil, world) == nil)
            #expect(try await read(World.gate.checks, world) == nil)
            let report = try await world.report(1)
            #expect(report.findings.gateRevision == 1)
            #expect(try await read(Self.weaker.checks, world) == "delivery.gate.other-checks")
            #expect(try await judge(Self.weaker, world) == "delivery.gate.other-checks")
            #expect(try await world.gates.gates(by: world.amina).map(\.name) == ["quality"])
            #expect(try await world.verbs().filter { $0.hasPrefix("gate.a") } == ["gate.applied"])
        }
    }

    @Test("an approval does not carry over to a gate that was changed, before or after the decision", arguments: TestDatabase.allCases)
    func changed(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.declare(World.gate)
            let report = try await world.report(1)
            let approved = try await world.approval(1, report)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            _ = try await world.declare(Self.stricter)
            func decide(_ id: String) async throws -> String? {
                try await code { _ = try await world.approvals.decide(id, .approve, comment: "Yes.", by: world.bruno) }
            }
            let changed = "delivery.gate-report.gate-changed"
            #expect(try await decide(asked.id) == changed)
            let new = NewRelease(subject: world.subject(1), gateReport: report.id, approval: approved.id)
            #expect(try await code { _ = try await world.releases.create(new, by: world.chen) } == changed)
            let request = try await code {
                _ = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            }
            #expect(request == changed)
            _ = try await world.approvals.decide(asked.id, .reject, comment: "The gate asks more now.", by: world.bruno)
            // Changed back, the report speaks of the present checks again.
            #expect(try await world.declare(World.gate).revision == 3)
            _ = try await world.releases.create(new, by: world.chen)
        }
    }

    @Test("a gate that was deleted, or declared since with other checks, carries nothing", arguments: TestDatabase.allCases)
    func deleted(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            _ = try await world.declare(World.gate)
            let report = try await world.report(1)
            _ = try await world.governor.change(.gateWrite, by: world.chen) { change -> Bool in
                try Gates.delete("quality", in: change)
                return true
            }
            func request(_ version: Int, _ report: GateReport) async throws -> String? {
                try await code {
                    _ = try await world.approvals.request(for: world.subject(version), gateReport: report.id, by: world.amina)
                }
            }
            #expect(try await request(1, report) == "delivery.gate-report.gate-changed")
            let inline = try await world.report(2)
            #expect(try await request(2, inline) == nil)
            #expect(try await world.declare(Self.stricter).revision == 2, "Revisions are not used twice.")
            #expect(try await request(2, inline) == "delivery.gate-report.gate-changed")
        }
    }

    @Test("of several gates about a version all must agree", arguments: TestDatabase.allCases)
    func contradicted(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let fairness = GateSpecification(
                name: "fairness",
                checks: [GateCheck(name: "gap", rule: .threshold(ThresholdRule(metric: "gap", comparison: .atMost, value: 0.1)))])
            func judge(_ gap: Double) async throws {
                _ = try await world.gates.evaluate(
                    fairness, GateEvidence(metrics: ["gap": gap]), of: World.model, version: 1, heldOutSnapshots: [], by: world.amina)
            }
            let report = try await world.report(1)
            try await judge(0.3)
            let contradicted = try await code {
                _ = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            }
            #expect(contradicted == "delivery.gate-report.contradicted")
            try await judge(0.05)
            let asked = try await world.approvals.request(for: world.subject(1), gateReport: report.id, by: world.amina)
            try await judge(0.2)
            let decision = try await code { _ = try await world.approvals.decide(asked.id, .approve, comment: "Yes.", by: world.bruno) }
            #expect(decision == "delivery.gate-report.contradicted")
        }
    }

    @Test("an inconclusive report goes to a person, unless its gate refuses doubt", arguments: TestDatabase.allCases)
    func inconclusive(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            func judge(_ doubt: GateSpecification.Doubt, _ version: Int) async throws -> GateReport {
                let size = GateCheck(name: "size", rule: .size(SizeRule(atMostBytes: 10)))
                return try await world.gates.evaluate(
                    GateSpecification(name: "small-\(doubt.rawValue)", checks: [size], onInconclusive: doubt), GateEvidence(),
                    of: World.model, version: version, heldOutSnapshots: [], by: world.amina)
            }
            let asking = try await judge(.ask, 1)
            #expect(asking.outcome == .inconclusive)
            let approval = try await world.approval(1, asking)
            _ = try await world.releases.create(
                NewRelease(subject: world.subject(1), gateReport: asking.id, approval: approval.id), by: world.chen)
            let refusing = try await judge(.refuse, 2)
            let request = try await code {
                _ = try await world.approvals.request(for: world.subject(2), gateReport: refusing.id, by: world.amina)
            }
            #expect(request == "delivery.gate-report.not-passed")
        }
    }
}

extension World {
    func declare(_ gate: GateSpecification) async throws -> Gate {
        try await governor.change(.gateWrite, by: chen) { try Gates.apply(gate, in: $0) }
    }
}
