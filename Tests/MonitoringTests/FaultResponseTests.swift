// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import Monitoring
import TestSupport
import Testing

@Suite("What is done about a model that became worse")
struct FaultResponseTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func hours(_ number: Int) -> Timestamp { now + .seconds(number * 3600) }

    @Test("what began inside a rollout is rolled back, all else is retrained, later each time a challenger was refused")
    func decisions() {
        typealias Evidence = FaultResponse.Evidence
        let rollout = FaultResponse.UndoableRollout(id: "r", version: 2, started: hours(-10), finished: hours(-5))
        func decide(_ evidence: Evidence) -> String {
            switch FaultResponse(evidence, at: now) {
            case .rollBack: "roll back"
            case .retrain: "retrain"
            case .wait(let until, _): until.map { "wait \(($0 - now).milliseconds / 3_600_000) h" } ?? "wait for a person"
            }
        }
        #expect(decide(Evidence(onset: hours(-6), rollout: rollout)) == "roll back")
        #expect(decide(Evidence(onset: hours(-6), version: 2, rollout: rollout)) == "roll back")
        // Another version, before the rollout, long after it, without one.
        #expect(decide(Evidence(onset: hours(-6), version: 1, rollout: rollout)) == "retrain")
        #expect(decide(Evidence(onset: hours(-11), rollout: rollout)) == "retrain")
        #expect(decide(Evidence(onset: hours(20), rollout: rollout)) == "retrain")
        #expect(decide(Evidence(onset: hours(-6))) == "retrain")
        let waits = (1...7).map { decide(Evidence(onset: hours(-100), refusals: $0, lastRefusal: now)) }
        #expect(waits == [24, 48, 96, 192, 384, 720, 720].map { "wait \($0) h" })
        #expect(decide(Evidence(onset: hours(-100), refusals: 2, lastRefusal: hours(-48))) == "retrain")
        // Once a day; but giving traffic back does not wait, unless the data are broken, which no version mends.
        #expect(decide(Evidence(onset: hours(-6), lastResponse: hours(-20))) == "wait 4 h")
        #expect(decide(Evidence(onset: hours(-6), lastResponse: hours(-24))) == "retrain")
        #expect(decide(Evidence(onset: hours(-6), rollout: rollout, lastResponse: hours(-1))) == "roll back")
        #expect(decide(Evidence(onset: hours(-6), rollout: rollout, brokenData: "Incident 7 is open.")) == "wait for a person")
    }

    @Test("the newest rollout is found, and its traffic given back in the change that asks for it", arguments: TestDatabase.allCases)
    func rollsBack(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine) { world in
            let at = world.clock.now()
            let entry = LedgerEntry(
                id: "e", time: at, actor: "system:monitors", onBehalfOf: nil, verb: "performance.breached", resource: "monitor/watch",
                workspace: World.workspace, outcome: .done, decision: "monitor.write", requestID: nil,
                payload: ["endpoint": .string(RolloutWorld.endpoint), "onset": .integer(at.milliseconds), "version": 2])
            let evidence = try await world.database.read {
                try FaultResponse.Evidence(of: RolloutWorld.endpoint, told: entry, in: $0)
            }
            #expect(evidence.rollout?.id == world.rollout.id && evidence.rollout?.version == 2 && evidence.refusals == 0)
            guard case .rollBack(let because) = FaultResponse(evidence, at: at) else {
                Issue.record("\(evidence)")
                return
            }
            let versions = VersionDirectory(author: { _, _, _, _ in nil }, champion: { _, _, _ in nil }, crown: { _, _, _ in })
            _ = try await world.governor.change(.rolloutControl, by: .controller("trigger-respond", in: World.workspace)) { change in
                try Rollouts.rollBackNewest(of: RolloutWorld.endpoint, because: because, versions: versions, in: change)
            }
            #expect(try await world.phase() == .rolledBack)
            let after = try await world.database.read {
                try FaultResponse.Evidence(of: RolloutWorld.endpoint, told: entry, in: $0)
            }
            #expect(after.rollout == nil)
        }
    }

    @Test("a question is one incident while nobody has answered it", arguments: TestDatabase.allCases)
    func question(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            func ask() async throws -> String {
                try await world.governor.change(.executionStart, by: .controller("trigger-ask", in: World.workspace)) {
                    try Incidents.ask("May the summer model be trained?", about: World.endpoint, by: "ask", in: $0)
                }
            }
            let first = try await ask()
            #expect(try await ask() == first)
            let incident = try #require(try await world.incidents.incidents(by: world.viewer).first)
            #expect(incident.resource == first && incident.kind == .external && incident.rule == "ask")
            _ = try await world.incidents.close(incident.id, note: "Yes.", resolution: .accepted, by: world.amina)
            #expect(try await ask() != first)
        }
    }
}
