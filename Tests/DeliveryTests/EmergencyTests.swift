// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Governance
import TestSupport
import Testing

@Suite struct EmergencyTests {
    @Test(
        "breaking the glass skips gates and freezes with a second person, and stays open until a third look",
        arguments: TestDatabase.allCases)
    func breaks(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            try await world.declareProduction(approval: ReleaseConsent(count: 2))
            _ = try await world.report(1, auc: 0.1)
            _ = try await world.environments.freeze("production", because: "Holidays.", by: world.chen)
            let asked = try await world.emergencies.ask(for: world.subject(1), because: "The old one answers nonsense.", by: world.chen)
            let new = NewRelease(subject: world.subject(1), gateReport: asked.report, approval: asked.approval)
            let early = try await code { _ = try await world.releases.create(new, by: world.chen) }
            #expect(early == "delivery.approval.not-approved")
            let alone = try await code {
                _ = try await world.approvals.decide(asked.approval, .approve, comment: "Me.", by: world.chen)
            }
            #expect(alone == "access.permission.missing")
            _ = try await world.approvals.decide(asked.approval, .approve, comment: "I saw it too.", by: world.bruno)
            let release = try await world.releases.create(new, by: world.chen)
            #expect(try await world.traffic() == [1: 100])
            #expect(try await world.emergencies.emergencies(isOpen: true, by: world.chen).map(\.release) == [release.id])
            let dora = World.caller("dora", .admin)
            let closed = try await world.emergencies.close(release.id, note: "The gate's data were wrong.", by: dora)
            #expect(closed.closedBy == "user:dora")
            #expect(try await world.emergencies.emergencies(isOpen: true, by: world.chen).isEmpty)
            let again = try await code { _ = try await world.emergencies.close(release.id, note: "Again.", by: dora) }
            #expect(again == "delivery.emergency.closed")
            let verbs = try await world.verbs().filter { $0.hasPrefix("emergency.") }
            #expect(verbs == ["emergency.asked", "emergency.opened", "emergency.closed"])
        }
    }

    @Test("the second person has an hour", arguments: TestDatabase.allCases)
    func expires(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let asked = try await world.emergencies.ask(for: world.subject(1), because: "Now.", by: world.chen)
            world.clock.advance(by: .seconds(3600))
            let late = try await code { _ = try await world.approvals.decide(asked.approval, .approve, comment: "Yes.", by: world.bruno) }
            #expect(late == "delivery.approval.expired")
        }
    }

    @Test("no gate can be declared under the name of its reports", arguments: TestDatabase.allCases)
    func reserved(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let gate = GateSpecification(name: Emergency.gate, checks: World.gate.checks)
            let refused = try await code { _ = try await world.declare(gate) }
            #expect(refused == "delivery.gate.name-reserved")
        }
    }
}

extension World {
    var emergencies: Emergencies { Emergencies(governor: governor, versions: Self.versions) }
}
