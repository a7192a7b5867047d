// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Governance
import Monitoring
import Statistics
import TestSupport
import Testing

@Suite("The observer of rollouts")
struct RolloutObserverTests {
    @Test("a candidate whose labels show harm is rolled back", arguments: TestDatabase.allCases)
    func harm(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine) { world in
            let observer = world.observer()
            try await world.log(2000, prefix: "a", candidateScore: 0.9)
            #expect(try await observer.look() == 1)
            #expect(try await world.phase() == .progressing)
            try await world.label(0..<2000, prefix: "a")
            try await observer.look()
            #expect(try await world.phase() == .rolledBack)
            #expect(try await observer.look() == 0)
        }
    }

    @Test("a candidate that gives no numbers is rolled back without a label", arguments: TestDatabase.allCases)
    func invalid(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine) { world in
            try await world.log(500, prefix: "a", candidateScore: nil)
            try await world.observer().look()
            #expect(try await world.phase() == .rolledBack)
            #expect(try await world.evidence()?.candidateInvalid == 50)
        }
    }

    @Test(
        "a candidate that takes twice as long is rolled back without a label; rows of larger requests say nothing",
        arguments: TestDatabase.allCases)
    func slow(engine: TestDatabase) async throws {
        let plan = RolloutPlan(minimumLabelled: 100, latency: LatencyGuard(p50: 1.5, minimum: 100))
        try await RolloutWorld.run(on: engine, plan: plan) { world in
            let observer = world.observer()
            func took(_ isCandidate: Bool, _ index: Int) -> Int64 { (isCandidate ? 4000 : 2000) + Int64(index % 10) }
            try await world.log(2000, prefix: "a", candidateScore: 0.1, microseconds: took, requestRows: 4)
            try await observer.look()
            #expect(try await world.phase() == .progressing)
            #expect(try await world.evidence()?.latency?.candidate.count == 0)
            world.clock.advance(by: .seconds(30))
            try await world.log(2000, prefix: "b", candidateScore: 0.1, microseconds: took)
            try await observer.look()
            #expect(try await world.phase() == .rolledBack)
        }
    }

    @Test("an equal candidate with enough labels takes the next step", arguments: TestDatabase.allCases)
    func equal(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine) { world in
            try await world.log(2000, prefix: "a", candidateScore: 0.1)
            try await world.label(0..<2000, prefix: "a")
            try await world.observer().look()
            let rollout = try await world.rollouts.rollout(world.rollout.id, by: world.operatorCaller)
            #expect(rollout.state.phase == .progressing && rollout.state.step == 1)
            #expect(rollout.evidence?.candidateLabelled == 200 && rollout.evidence?.stableLabelled == 1800)
        }
    }

    @Test("reading bit by bit, and anew after a restart, gives the same counts", arguments: TestDatabase.allCases)
    func incremental(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine) { world in
            let observer = world.observer()
            try await world.log(400, prefix: "a", candidateScore: 0.4, stableScore: 0.4)
            for part in 0..<4 {
                try await world.label(part * 100..<(part + 1) * 100, prefix: "a", value: Double(part % 2))
                try await observer.look()
                // Beyond the time in which rows may still commit out of order.
                if part == 1 { world.clock.advance(by: .seconds(30)) }
            }
            let gradual = try #require(try await world.evidence())
            #expect(gradual.candidateLabelled == 40 && gradual.stableLabelled == 360 && gradual.candidatePredictions == 40)
            world.clock.advance(by: .seconds(30))
            try await observer.look()
            try await world.observer().look()
            #expect(try await world.evidence() == gradual)
        }
    }

    @Test("a label that is corrected counts once, as it first was", arguments: TestDatabase.allCases)
    func corrected(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine) { world in
            let observer = world.observer()
            try await world.log(100, prefix: "a", candidateScore: 0.3, stableScore: 0.3)
            try await world.label(0..<100, prefix: "a")
            world.clock.advance(by: .seconds(30))
            try await observer.look()
            let before = try #require(try await world.evidence())
            try await world.label(0..<50, prefix: "a", value: 1)
            try await observer.look()
            world.clock.advance(by: .seconds(30))
            try await observer.look()
            try await world.observer().look()
            #expect(try await world.evidence() == before)
            #expect(before.candidateLabelled + before.stableLabelled == 100)
        }
    }

    @Test("the loop looks when it is woken and ends when it is cancelled")
    func loop() async throws {
        try await RolloutWorld.run(on: .sqlite) { world in
            try await world.log(500, prefix: "a", candidateScore: nil)
            let observer = world.observer()
            let loop = Task { try await observer.run() }
            observer.wake()
            while try await world.phase() == .progressing { await Task.yield() }
            #expect(try await world.phase() == .rolledBack)
            loop.cancel()
            await #expect(throws: CancellationError.self) { try await loop.value }
        }
    }
}
