// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import Statistics
import TestSupport
import Testing

@Suite struct RolloutTests {
    private let monitor = Caller.controller("monitor", in: "main")

    @Test("evidence carries a candidate step by step to all traffic", arguments: TestDatabase.allCases)
    func promotes(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            let few = try await world.rollouts.observe(rollout.id, .labelled(99), by: monitor)
            guard case .hold = few.decision else { return #expect(Bool(false), "\(few.decision)") }
            let shifted = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            #expect(shifted.decision == .shift(toPercent: 50))
            #expect(try await world.traffic() == [1: 50, 2: 50])
            let again = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            #expect(again.rollout == shifted.rollout, "The same evidence does not count twice.")
            let promoted = try await world.rollouts.observe(rollout.id, .labelled(200), by: monitor)
            #expect(promoted.decision == .promote)
            #expect(try await world.traffic() == [2: 100])
            #expect(try await world.champion() == 2)
            #expect(try await world.releases.release(rollout.release, by: world.chen).state == .completed)
            let revisions = try await world.releases.revisions(World.endpoint, by: world.chen)
            #expect(revisions.map { $0.retired == nil } == [true, false])
            let ended = try await world.verbs().suffix(5)
            #expect(Array(ended) == ["release.started", "rollout.shifted", "rollout.shifted", "rollout.promoted", "release.completed"])
        }
    }

    @Test("a breach gives all traffic back, in the steps and after promotion", arguments: TestDatabase.allCases, [false, true])
    func rollsBack(engine: TestDatabase, afterPromotion: Bool) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            if afterPromotion {
                _ = try await world.rollouts.promote(rollout.id, because: "In a hurry.", by: world.chen)
                #expect(try await world.champion() == 2)
            }
            let observed = try await world.rollouts.observe(rollout.id, .harmful, by: monitor)
            guard case .rollBack = observed.decision else { return #expect(Bool(false), "\(observed.decision)") }
            #expect(observed.rollout.state.phase == .rolledBack)
            #expect(observed.rollout.evidence == .harmful, "The numbers of the verdict are kept.")
            #expect(try await world.traffic() == [1: 100])
            #expect(try await world.champion() == 1)
            #expect(try await world.releases.release(rollout.release, by: world.chen).state == .failed)
            let revisions = try await world.releases.revisions(World.endpoint, by: world.chen)
            #expect(revisions.map { $0.retired == nil } == [false, true])
            let payload: String? = try await world.database.read {
                try $0.row("SELECT payload FROM ledger_entry WHERE verb = 'rollout.rolled-back'").map { try $0["payload"] }
            }
            #expect(payload?.contains("logHarmEvidence") == true)
            #expect(payload?.contains("against a limit of 40.0") == true)
        }
    }

    @Test("without a decision in time a rollout pauses; a person resumes, promotes or rolls back", arguments: TestDatabase.allCases)
    func overdue(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(minimumLabelled: 100, maximumSeconds: 3600))
            try await world.rollouts.passTime()
            #expect(try await world.rollouts.rollout(rollout.id, by: world.chen).state.phase == .progressing)
            world.clock.advance(by: .seconds(3600))
            try await world.rollouts.passTime()
            let paused = try await world.rollouts.rollout(rollout.id, by: world.chen)
            #expect(paused.state.phase == .paused)
            #expect(paused.reason?.hasPrefix("Inconclusive") == true)
            #expect(try await world.traffic() == [1: 90, 2: 10])
            let held = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            #expect(held.rollout.state.phase == .paused)
            let resumed = try await world.rollouts.resume(rollout.id, because: "r", by: world.chen)
            #expect(resumed.state.phase == .progressing)
            try await world.rollouts.passTime()
            #expect(try await world.traffic() == [1: 50, 2: 50], "What was known before the pause counts after it.")
        }
    }

    @Test("after a shift by hand the labels of the step before do not count", arguments: TestDatabase.allCases)
    func shiftByHand(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            _ = try await world.rollouts.shift(rollout.id, toPercent: 50, because: "r", by: world.chen)
            // Labels that had arrived before the shift, but were not yet told of.
            let first = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            #expect(first.rollout.state.percent == 50)
            let short = try await world.rollouts.observe(rollout.id, .labelled(199), by: monitor)
            #expect(short.rollout.state.percent == 50)
            let enough = try await world.rollouts.observe(rollout.id, .labelled(200), by: monitor)
            #expect(enough.decision == .promote)
        }
    }

    @Test("older evidence changes nothing", arguments: TestDatabase.allCases)
    func stale(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            _ = try await world.rollouts.observe(rollout.id, .labelled(90), by: monitor)
            let stale = try await world.rollouts.observe(rollout.id, .labelled(40), by: monitor)
            #expect(stale.rollout.evidence == .labelled(90))
        }
    }

    @Test("aborting gives the traffic back, and with nothing running does nothing", arguments: TestDatabase.allCases)
    func aborts(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            let aborted = try await world.rollouts.abort(rollout.id, because: "Changed our minds.", by: world.chen)
            #expect(aborted.state.phase == .aborted)
            #expect(try await world.traffic() == [1: 100])
            let entries = try await world.verbs().count
            #expect(try await world.rollouts.abort(rollout.id, because: "Again.", by: world.chen) == aborted)
            #expect(try await world.rollouts.rollBack(rollout.id, because: "Again.", by: world.chen) == aborted)
            #expect(try await world.verbs().count == entries)
            #expect(try await world.traffic() == [1: 100])
        }
    }

    @Test("a release cannot be rolled back over a newer one", arguments: TestDatabase.allCases)
    func notLatest(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let second = try await world.canary()
            _ = try await world.rollouts.promote(second.id, because: "Good.", by: world.chen)
            let third = try await world.releases.create(try await world.ready(3), by: world.chen)
            let refused = try await code { _ = try await world.rollouts.rollBack(second.id, because: "Bad.", by: world.chen) }
            #expect(refused == "delivery.rollout.not-latest")
            #expect(try await world.traffic() == [2: 90, 3: 10])
            _ = try await world.rollouts.rollBack(third.rollout, because: "Bad.", by: world.chen)
            #expect(try await world.traffic() == [2: 100])
        }
    }

    @Test("every split is kept and sums to 100, and pollers see each change", arguments: TestDatabase.allCases)
    func splits(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            world.clock.advance(by: .seconds(10))
            let before = world.clock.now()
            _ = try await world.rollouts.shift(rollout.id, toPercent: 50, because: "r", by: world.chen)
            try await world.database.read { transaction in
                let splits = TrafficSplits(transaction: transaction)
                let weights = try (1...3).map { try splits.percent(of: 2, at: $0, of: World.endpoint, in: "main") }
                #expect(weights == [0, 10, 50])
                for row in try transaction.rows(
                    "SELECT CAST(SUM(percent) AS BIGINT) AS total FROM traffic_split GROUP BY workspace, endpoint, version")
                {
                    let total: Int = try row["total"]
                    #expect(total == 100)
                }
                #expect(try splits.versions(changedSince: before).map(\.version) == [3])
                #expect(try splits.versions(changedSince: before + .seconds(1)).isEmpty)
                #expect(try splits.versions().map(\.endpoint) == [World.endpoint])
                #expect(try splits.current("nowhere", in: "main") == nil)
                #expect(try splits.current(World.endpoint, in: "elsewhere") == nil)
            }
        }
    }

    @Test("a shift and a rollback at once end with all traffic on the stable revision", arguments: TestDatabase.allCases)
    func race(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            async let shift = code { _ = try await world.rollouts.shift(rollout.id, toPercent: 50, because: "r", by: world.chen) }
            async let back = code { _ = try await world.rollouts.rollBack(rollout.id, because: "Bad.", by: world.chen) }
            let codes = try await (shift, back)
            #expect(codes.1 == nil)
            #expect(codes.0 == nil || codes.0 == "delivery.rollout.over")
            #expect(try await world.traffic() == [1: 100])
        }
    }

    @Test("the same shift asked for many times at once happens once", arguments: TestDatabase.allCases)
    func repeated(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<5 {
                    group.addTask { _ = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor) }
                    group.addTask { _ = try await world.rollouts.shift(rollout.id, toPercent: 50, because: "r", by: world.chen) }
                }
                try await group.waitForAll()
            }
            #expect(try await world.traffic() == [1: 50, 2: 50])
            #expect(try await world.verbs().count { $0 == "rollout.shifted" } == 2)
        }
    }

    @Test("knows no rollout of another workspace", arguments: TestDatabase.allCases)
    func workspaces(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary()
            let stranger = Caller.controller("rollouts", in: "other")
            let refused = try await code { _ = try await world.rollouts.abort(rollout.id, because: "Mine now.", by: stranger) }
            #expect(refused == "delivery.rollout.unknown")
            #expect(try await world.rollouts.rollouts(by: stranger).isEmpty)
            #expect(try await world.rollouts.rollouts(endpoint: World.endpoint, by: world.chen).map(\.id).first == rollout.id)
        }
    }
}
