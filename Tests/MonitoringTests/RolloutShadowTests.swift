// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Monitoring
import Serving
import Statistics
import TestSupport
import Testing

@Suite("What the observer reads beside labels")
struct RolloutShadowTests {
    @Test(
        "a shadow that answers the other class is ended by its pairs before it has traffic", arguments: TestDatabase.allCases,
        [true, false])
    func pairs(engine: TestDatabase, isBad: Bool) async throws {
        try await RolloutWorld.run(on: engine, plan: RolloutPlan(strategy: .shadow, minimumLabelled: 100, minimumPairs: 300)) { world in
            try await world.log(200, prefix: "a", percent: 0, candidateScore: 0.2, stableScore: 0.2)
            try await world.mirror(200, prefix: "a", score: isBad ? 0.8 : 0.2)
            try await world.label(0..<200, prefix: "a")
            try await world.observer().look()
            #expect(try await world.evidence()?.pairs?.pairCount == 200)
            #expect(try await world.phase() == (isBad ? .rolledBack : .progressing))
            guard !isBad else { return }
            try await world.log(100, prefix: "b", percent: 0, candidateScore: 0.2, stableScore: 0.2)
            try await world.mirror(100, prefix: "b", score: 0.2)
            try await world.observer().look()
            let rollout = try await world.rollouts.rollout(world.rollout.id, by: world.operatorCaller)
            #expect(rollout.state.percent == 10, "The shadow has answered enough.")
        }
    }

    @Test("while a rollout is in its shadow's time, its candidate is asked too", arguments: TestDatabase.allCases)
    func mirrored(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine, plan: RolloutPlan(strategy: .shadow, minimumLabelled: 100)) { world in
            let source = DeliveredTraffic(database: world.database)
            let shadowed = try await source.traffic(changedSince: nil, except: [:])
            #expect(shadowed.first?.settings.mirror == EndpointSettings.Mirror(model: "churn", version: 2, percent: 100))
            _ = try await world.rollouts.shift(world.rollout.id, toPercent: 10, because: "r", by: world.operatorCaller)
            let seen = try await source.traffic(changedSince: nil, except: [:])
            #expect(seen.first?.settings.mirror == nil)
        }
    }

    @Test(
        "a candidate that gives one score only, where the stable revision varies, is rolled back without a label",
        arguments: TestDatabase.allCases)
    func stuck(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine) { world in
            for part in 0..<40 {
                try await world.log(20, prefix: "a\(part)", candidateScore: 0.5, stableScore: Double(part) / 40)
            }
            try await world.observer().look()
            // Twenty rows of each score in a row: repeated answers do not make the stable revision vary.
            #expect(try await world.phase() == .progressing)
            for part in 0..<400 {
                try await world.log(2, prefix: "b\(part)", candidateScore: 0.5, stableScore: Double(part) / 400)
            }
            try await world.observer().look()
            #expect(try await world.phase() == .rolledBack)
        }
    }

    @Test("of one entity's bad answers one counts", arguments: TestDatabase.allCases)
    func entities(engine: TestDatabase) async throws {
        try await RolloutWorld.run(on: engine) { world in
            _ = try await EndpointConfiguration(governor: world.governor).set(
                EndpointSettings(entity: "customer"), of: RolloutWorld.endpoint, by: world.operatorCaller)
            // Sixty wrong answers of the candidate, to three customers.
            try await world.log(600, prefix: "a", candidateScore: nil, inputs: { ["customer": .string("c\($0 / 10 % 3)")] })
            try await world.observer().look()
            #expect(try await world.evidence()?.canary.eventCount == 3)
        }
    }

    @Test("losses of a segment that the plan names are counted by themselves", arguments: TestDatabase.allCases)
    func segments(engine: TestDatabase) async throws {
        let plan = RolloutPlan(minimumLabelled: 1000, segments: SegmentGuard(input: "carrier", values: ["AA", "UA"]))
        try await RolloutWorld.run(on: engine, plan: plan) { world in
            try await world.log(3000, prefix: "a", candidateScore: 0.1, inputs: { ["carrier": .string($0 % 3 == 0 ? "AA" : "UA")] })
            try await world.log(3000, prefix: "b", candidateScore: 0.95, inputs: { _ in ["carrier": "AA"] })
            try await world.label(0..<3000, prefix: "a")
            try await world.label(0..<3000, prefix: "b")
            try await world.observer().look()
            let evidence = try #require(try await world.evidence())
            #expect(evidence.segments?["AA"]?.harm.rejects(at: 0.01) == true)
            #expect(evidence.segments?["UA"]?.harm.rejects(at: 0.01) == false)
            #expect(try await world.phase() == .rolledBack)
        }
    }
}

extension RolloutWorld {
    /// What version 2 answered unseen to rows that `log` logged.
    func mirror(_ count: Int, prefix: String, score: Double?) async throws {
        let now = clock.now()
        try await database.write { transaction in
            for index in 0..<count {
                try transaction.execute(
                    """
                    INSERT INTO shadow_prediction (workspace, endpoint, id, model, version, score, microseconds, logged)
                    VALUES (?, ?, ?, 'churn', 2, ?, 100, ?)
                    """, World.workspace, Self.endpoint, "\(prefix).\(index)", score, now)
            }
        }
    }
}
