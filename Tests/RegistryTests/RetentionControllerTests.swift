// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Governance
import TestSupport
import Testing
import Tracking

@testable import Registry

/// The loop over all workspaces.
@Suite struct RetentionControllerTests {
    @Test("passes over every workspace with a policy, at once and every hour", arguments: TestDatabase.allCases)
    func hourly(engine: TestDatabase) async throws {
        try await RetentionWorld.with(engine) { world in
            let clock = TurnClock()
            let first = try await world.run(in: 0)
            try await world.runs.delete(first.id, by: world.caller)
            try await world.keep(deleted: 1)
            world.clock.pass(days: 1)
            let controller = RetentionController(retention: world.retention, clock: clock)
            let loop = Task { try await controller.run() }
            var sleeps = clock.sleeps.makeAsyncIterator()
            #expect(await sleeps.next() == .seconds(3600))
            #expect(try await !world.exists(first))
            let second = try await world.run(in: 0)
            try await world.runs.delete(second.id, by: world.caller)
            world.clock.pass(days: 1)
            clock.turn.yield()
            _ = await sleeps.next()
            #expect(try await !world.exists(second))
            let actors = try await world.governor.database.read {
                try $0.rows("SELECT DISTINCT actor FROM ledger_entry WHERE verb = 'retention.purged'").map { try $0["actor"] as String }
            }
            #expect(actors == ["system:retention"])
            loop.cancel()
            _ = await loop.result
        }
    }
}
