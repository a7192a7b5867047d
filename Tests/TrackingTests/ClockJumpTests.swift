// SPDX-License-Identifier: Apache-2.0

import Domain
import TestSupport
import Testing
import Tracking

@Suite("A clock that jumps") struct ClockJumpTests {
    @Test("back by a day: runs, ids and tags go on, and each series keeps its order of steps", arguments: TestDatabase.allCases)
    func back(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let first = try await world.newRun("before")
            try await world.runs.log(
                RunBatch(metrics: [Metric("loss", 2, time: world.clock.now(), step: 1)]), on: first.id, by: world.caller)
            world.clock.advance(.seconds(-86_400))
            let second = try await world.runs.create(in: first.experiment, name: "after", by: world.caller)
            #expect(second.id != first.id)
            try await world.runs.log(
                RunBatch(metrics: [Metric("loss", 1, time: world.clock.now(), step: 2)]), on: first.id, by: world.caller)
            let (history, _) = try await world.runs.history(of: "loss", in: first.id, after: nil, limit: 10, by: world.caller)
            #expect(history.map(\.step) == [1, 2])
            let latest = try await world.runs.get(first.id, by: world.caller).metrics.first
            #expect(latest?.value == 1, "the latest point is that of the greatest step, whatever the clock said")
            let ended = try await world.runs.update(first.id, status: .finished, ended: world.clock.now(), by: world.caller)
            #expect(ended.status == .finished)
            let (found, _) = try await world.runs.search(
                "", in: [first.experiment], order: ["attributes.start_time ASC"], limit: 10, by: world.caller)
            #expect(found.map(\.id) == [second.id, first.id], "a run is listed by the time it says")
        }
    }

    @Test("forward by ten years: what is written before and after is there", arguments: TestDatabase.allCases)
    func forward(engine: TestDatabase) async throws {
        try await TrackingWorld.with(engine) { world in
            let first = try await world.newRun("before")
            world.clock.advance(.seconds(315_360_000))
            let second = try await world.runs.create(in: first.experiment, name: "after", by: world.caller)
            world.clock.advance(.seconds(-315_360_000))
            let third = try await world.runs.create(in: first.experiment, name: "corrected", by: world.caller)
            let (found, _) = try await world.runs.search("", in: [first.experiment], limit: 10, by: world.caller)
            #expect(Set(found.map(\.id)) == [first.id, second.id, third.id])
        }
    }
}
