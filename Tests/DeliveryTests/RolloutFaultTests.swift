// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import Synchronization
import TestSupport
import Testing

@Suite struct RolloutFaultTests {
    private let monitor = Caller.controller("monitor", in: "main")

    @Test(
        "invalid answers of both revisions say nothing about the candidate; those of the candidate alone do",
        arguments: TestDatabase.allCases)
    func bothFail(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            var evidence = RolloutEvidence.labelled(100, invalid: 50)
            evidence.stablePredictions = 900
            evidence.stableInvalid = 450
            let both = try await world.rollouts.observe(rollout.id, evidence, by: monitor)
            guard case .hold(let why) = both.decision else { return #expect(Bool(false), "\(both.decision)") }
            #expect(why.contains("stable revision gives invalid answers too"))
            evidence.stablePredictions = 100_000
            evidence.candidateInvalid = 60
            let alone = try await world.rollouts.observe(rollout.id, evidence, by: monitor)
            #expect(alone.rollout.state.phase == .rolledBack)
        }
    }

    @Test(
        "a version that is deleted while its rollout runs, or is paused, loses its traffic; until that is seen nobody gives it more",
        arguments: TestDatabase.allCases, [false, true])
    func deleted(engine: TestDatabase, isPaused: Bool) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            if isPaused { _ = try await world.rollouts.pause(rollout.id, because: "Lunch.", by: world.chen) }
            try await world.database.write { _ = try $0.execute("DELETE FROM churn_version WHERE version = 2") }
            let observed = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            #expect(observed.rollout.state.phase == .paused && observed.rollout.state.percent == 10)
            let byHand = try await code { _ = try await world.rollouts.promote(rollout.id, because: "r", by: world.chen) }
            #expect(byHand == "delivery.version.unknown")
            #expect(try await world.rollouts.passTime().isEmpty)
            let ended = try await world.rollouts.rollout(rollout.id, by: world.chen)
            #expect(ended.state.phase == .aborted && ended.reason?.contains("does not exist any more") == true)
            #expect(try await world.traffic() == [1: 100])
            #expect(try await world.rollouts.passTime().isEmpty)
            #expect(try await world.rollouts.replay(rollout.id, by: world.chen).agrees)
        }
    }

    @Test("a version whose signature does not hold any more loses its traffic, with that reason", arguments: TestDatabase.allCases)
    func unsigned(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            let broken = Mutex(false)
            let versions = World.versions.withFaults { _, version, _, _ in
                version == 2 && broken.withLock { $0 } ? "The signature of version 2 does not verify any more." : nil
            }
            let rollouts = Rollouts(governor: world.governor, versions: versions)
            #expect(try await rollouts.passTime().isEmpty)
            #expect(try await world.traffic() == [1: 90, 2: 10])
            broken.withLock { $0 = true }
            let byHand = try await code { _ = try await rollouts.shift(rollout.id, toPercent: 50, because: "r", by: world.chen) }
            #expect(byHand == "delivery.version.unsound")
            #expect(try await rollouts.passTime().isEmpty)
            let ended = try await world.rollouts.rollout(rollout.id, by: world.chen)
            #expect(ended.state.phase == .aborted && ended.reason == "The signature of version 2 does not verify any more.")
            #expect(try await world.traffic() == [1: 100])
        }
    }

    @Test(
        "what fails between the decision and the traffic leaves all as it was, and the next look does it", arguments: TestDatabase.allCases)
    func halfway(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(percents: [10, 100], minimumLabelled: 100))
            // The champion is crowned last; without its table the promotion cannot end.
            try await world.database.write { _ = try $0.execute("ALTER TABLE churn_champion RENAME TO churn_champion_away") }
            let verbs = try await world.verbs()
            await #expect(throws: (any Error).self) { try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor) }
            #expect(try await world.traffic() == [1: 90, 2: 10])
            let held = try await world.rollouts.rollout(rollout.id, by: world.chen)
            #expect(held == rollout)
            #expect(try await world.verbs() == verbs)
            try await world.database.write { _ = try $0.execute("ALTER TABLE churn_champion_away RENAME TO churn_champion") }
            let observed = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            #expect(observed.decision == .promote)
            #expect(try await world.traffic() == [2: 100])
        }
    }

    @Test("one rollout that cannot go on does not hold up the others", arguments: TestDatabase.allCases)
    func neighbours(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(bakeSeconds: 60, minimumLabelled: 100))
            _ = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            try await world.database.write { transaction in
                _ = try transaction.execute("UPDATE revision SET model = 'gone' WHERE number = 2")
            }
            world.clock.advance(by: .seconds(60))
            #expect(try await world.rollouts.passTime().isEmpty)
            #expect(try await world.rollouts.rollout(rollout.id, by: world.chen).state.phase == .aborted)
        }
    }

    @Test("while the database is away nothing moves, and what was due happens when it is back", arguments: TestDatabase.allCases)
    func away(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(bakeSeconds: 60, minimumLabelled: 100))
            _ = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            let database = AwayDatabase(world.database)
            let governor = Governor(database: database, clock: world.clock, identifiers: IdentifierSource(clock: world.clock))
            let rollouts = Rollouts(governor: governor, versions: World.versions)
            database.isAway.withLock { $0 = true }
            world.clock.advance(by: .seconds(60))
            await #expect(throws: Problem.self) { try await rollouts.passTime() }
            await #expect(throws: Problem.self) { try await rollouts.observe(rollout.id, .labelled(200), by: monitor) }
            #expect(try await world.traffic() == [1: 90, 2: 10])
            database.isAway.withLock { $0 = false }
            #expect(try await rollouts.passTime().isEmpty)
            #expect(try await world.traffic() == [1: 50, 2: 50])
        }
    }

    @Test("two controllers with the same evidence move a rollout once", arguments: TestDatabase.allCases)
    func twoControllers(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { _ = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor) }
                    group.addTask { _ = try await world.rollouts.passTime() }
                }
                try await group.waitForAll()
            }
            #expect(try await world.traffic() == [1: 50, 2: 50])
            let replay = try await world.rollouts.replay(rollout.id, by: world.chen)
            #expect(replay.agrees && replay.steps.count == 1)
        }
    }
}

/// A database that can be away, as when its server restarts.
private final class AwayDatabase: Database {
    let isAway = Mutex(false)
    private let database: any Database

    init(_ database: any Database) {
        self.database = database
    }

    var engine: DatabaseEngine { database.engine }

    func read<Result: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Result) async throws -> Result {
        try requireHere()
        return try await database.read(body)
    }

    func write<Result: Sendable>(
        locking lock: String?, _ body: @escaping @Sendable (any Transaction) throws -> Result
    ) async throws -> Result {
        try requireHere()
        return try await database.write(locking: lock, body)
    }

    func close() async {}

    private func requireHere() throws {
        guard !isAway.withLock({ $0 }) else { throw Problem(.unavailable, "database.away", "The database is away.") }
    }
}
