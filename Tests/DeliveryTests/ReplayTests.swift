// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import TestSupport
import Testing

@Suite struct ReplayTests {
    private let monitor = Caller.controller("monitor", in: "main")

    private func story(_ world: World) async throws -> Rollout {
        let rollout = try await world.canary()
        _ = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
        _ = try await world.rollouts.pause(rollout.id, because: "Lunch.", by: world.chen)
        _ = try await world.rollouts.resume(rollout.id, because: "Back.", by: world.chen)
        _ = try await world.rollouts.observe(rollout.id, .labelled(150), by: monitor)
        _ = try await world.rollouts.observe(rollout.id, .labelled(200), by: monitor)
        return try await world.rollouts.rollBack(rollout.id, because: "Complaints.", by: world.chen)
    }

    @Test("every transition can be computed again, and agrees with the ledger", arguments: TestDatabase.allCases)
    func agrees(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await story(world)
            let replay = try await world.rollouts.replay(rollout.id, by: world.chen)
            #expect(replay.agrees, "\(replay)")
            #expect(replay.steps.map(\.decision.name) == ["shift", "pause", "resume", "promote", "roll-back"])
        }
    }

    @Test(
        "what was changed in the database is found out", arguments: TestDatabase.allCases,
        [
            "UPDATE rollout_record SET document = REPLACE(document, '\"candidateLabelled\":100', '\"candidateLabelled\":99') WHERE number = 1",
            "UPDATE rollout_record SET entry = 'nowhere' WHERE number = 2", "DELETE FROM rollout_record WHERE number = 3",
            "UPDATE rollout SET phase = 'promoted'",
        ])
    func tampering(engine: TestDatabase, sql: String) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await story(world)
            try await world.database.write { _ = try $0.execute(sql) }
            #expect(try await !world.rollouts.replay(rollout.id, by: world.chen).agrees)
        }
    }
}
