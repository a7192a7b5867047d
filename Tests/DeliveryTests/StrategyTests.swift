// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Governance
import Statistics
import TestSupport
import Testing

@Suite struct StrategyTests {
    private let monitor = Caller.controller("monitor", in: "main")

    @Test("blue-green: nothing until the smoke tests passed, then everything, and back in one write", arguments: TestDatabase.allCases)
    func blueGreen(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(strategy: .blueGreen, keepWarmSeconds: 600))
            #expect(try await world.traffic() == [1: 100, 2: 0], "The preview stands ready.")
            _ = try await world.rollouts.passTime()
            #expect(try await world.traffic() == [1: 100, 2: 0])
            _ = try await world.rollouts.reportSmoke(rollout.id, passed: true, note: "12 of 12.", by: world.chen)
            _ = try await world.rollouts.passTime()
            #expect(try await world.traffic() == [1: 0, 2: 100], "The old one stays warm.")
            #expect(try await world.champion() == 2)
            let back = try await world.rollouts.rollBack(rollout.id, because: "Complaints.", by: world.chen)
            #expect(back.state.phase == .rolledBack)
            #expect(try await world.traffic() == [1: 100])
            #expect(try await world.rollouts.replay(rollout.id, by: world.chen).agrees)
        }
    }

    @Test("blue-green: failed smoke tests end it before any request", arguments: TestDatabase.allCases)
    func failedSmoke(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(strategy: .blueGreen))
            let ended = try await world.rollouts.reportSmoke(rollout.id, passed: false, note: "2 of 12 failed.", by: world.chen)
            #expect(ended.state.phase == .rolledBack && ended.reason?.contains("2 of 12") == true)
            #expect(try await world.traffic() == [1: 100])
        }
    }

    @Test("a warm revision is let go in time, but never out of a newer release's split", arguments: TestDatabase.allCases)
    func warm(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(minimumLabelled: 100, keepWarmSeconds: 60))
            _ = try await world.rollouts.promote(rollout.id, because: "Good.", by: world.chen)
            #expect(try await world.traffic() == [1: 0, 2: 100])
            let third = try await world.releases.create(try await world.ready(3), by: world.chen)
            world.clock.advance(by: .seconds(61))
            #expect(try await world.rollouts.passTime().isEmpty)
            #expect(try await world.traffic() == [2: 90, 3: 10])
            _ = try await world.rollouts.abort(third.rollout, because: "r", by: world.chen)
            #expect(try await world.traffic() == [2: 100])
            #expect(try await world.verbs().contains("rollout.let-go"))
        }
    }

    @Test("shadow: traffic only after enough pairs, and never after pairs that speak against it", arguments: TestDatabase.allCases)
    func shadow(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let plan = RolloutPlan(strategy: .shadow, minimumLabelled: 100, minimumPairs: 50)
            let rollout = try await world.canary(plan: plan)
            #expect(try await world.traffic() == [1: 100, 2: 0])
            var pairs = PairedEvidence()
            for _ in 0..<49 { pairs.observe(shadowIsBad: false, stableIsBad: false) }
            let few = try await world.rollouts.observe(rollout.id, RolloutEvidence(pairs: pairs), by: monitor)
            guard case .hold = few.decision else { return #expect(Bool(false), "\(few.decision)") }
            pairs.observe(shadowIsBad: false, stableIsBad: true)
            let enough = try await world.rollouts.observe(rollout.id, RolloutEvidence(pairs: pairs), by: monitor)
            #expect(enough.decision == .shift(toPercent: 10))
            #expect(try await world.traffic() == [1: 90, 2: 10])
            for _ in 0..<20 { pairs.observe(shadowIsBad: true, stableIsBad: false) }
            let harm = try await world.rollouts.observe(rollout.id, RolloutEvidence(pairs: pairs), by: monitor)
            #expect(harm.rollout.state.phase == .rolledBack && harm.rollout.reason?.contains("only one of the two") == true)
            #expect(try await world.rollouts.replay(rollout.id, by: world.chen).agrees)
        }
    }

    @Test("a step takes its least time, also with all evidence there", arguments: TestDatabase.allCases)
    func bakes(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(bakeSeconds: 600, minimumLabelled: 100))
            _ = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            world.clock.advance(by: .seconds(599))
            _ = try await world.rollouts.passTime()
            #expect(try await world.traffic() == [1: 90, 2: 10])
            world.clock.advance(by: .seconds(1))
            _ = try await world.rollouts.passTime()
            #expect(try await world.traffic() == [1: 50, 2: 50], "Without a new label or prediction.")
        }
    }

    @Test("harm to one segment gives the traffic back, though the whole looks well", arguments: TestDatabase.allCases)
    func segments(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let plan = RolloutPlan(minimumLabelled: 1000, segments: SegmentGuard(input: "carrier", values: ["AA", "UA"]))
            let rollout = try await world.canary(plan: plan)
            var evidence = RolloutEvidence.labelled(500)
            evidence.canary.observe(canary: 30, of: 300, weight: 0.1)
            var bad = CanaryEvidence()
            bad.observe(canary: 20, of: 25, weight: 0.1)
            evidence.segments = ["AA": bad, "UA": CanaryEvidence()]
            let observed = try await world.rollouts.observe(rollout.id, evidence, by: monitor)
            #expect(observed.rollout.state.phase == .rolledBack && observed.rollout.reason?.contains("'AA'") == true)
        }
    }

    @Test("a step that the plan asks about waits for who was named, and a yes taken back holds it", arguments: TestDatabase.allCases)
    func stepApprovals(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let plan = RolloutPlan(minimumLabelled: 100, stepApprovals: [StepApproval(beforePercent: 50, approvers: ["bruno"])])
            let rollout = try await world.canary(plan: plan)
            let held = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            guard case .hold(let why) = held.decision else { return #expect(Bool(false), "\(held.decision)") }
            #expect(why.contains("bruno"))
            let byHand = try await code { _ = try await world.rollouts.shift(rollout.id, toPercent: 50, because: "r", by: world.chen) }
            #expect(byHand == "delivery.rollout.step-unapproved")
            let dora = World.caller("dora", .admin)
            let other = try await code { _ = try await world.rollouts.approveStep(rollout.id, percent: 50, because: "r", by: dora) }
            #expect(other == "delivery.rollout.not-asked")
            let bot = World.caller("bot", .approver, kind: .service)
            let machine = try await code { _ = try await world.rollouts.approveStep(rollout.id, percent: 50, because: "r", by: bot) }
            #expect(machine == "delivery.approval.not-a-person")
            _ = try await world.rollouts.approveStep(rollout.id, percent: 50, because: "Looked at it.", by: world.bruno)
            _ = try await world.rollouts.passTime()
            #expect(try await world.traffic() == [1: 50, 2: 50])
            let back = try await world.rollouts.retractStep(rollout.id, percent: 50, because: "On second thoughts.", by: world.bruno)
            #expect(back.state.phase == .paused)
            #expect(try await world.traffic() == [1: 50, 2: 50])
            #expect(try await world.rollouts.replay(rollout.id, by: world.chen).agrees)
        }
    }

    @Test(
        "a guard in SQL is asked through what it is given, and without anything that answers it is inconclusive",
        arguments: TestDatabase.allCases)
    func queries(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rule = OutsideGuard(name: "late", source: .sql, query: "SELECT count(*) FROM predictions", atMost: 10, failures: 2)
            let rollout = try await world.canary(plan: RolloutPlan(minimumLabelled: 100, guards: [rule]))
            func track() async throws -> RolloutPosition.GuardTrack? {
                try await world.rollouts.rollout(rollout.id, by: world.chen).state.position.guards["late"]
            }
            let without = OutsideGuards(rollouts: world.rollouts, egress: NoEgress())
            #expect(try await without.readDue().isEmpty)
            #expect(try await track()?.last.outcome == .inconclusive)
            let asked = OutsideGuards(rollouts: world.rollouts, egress: NoEgress()) { rule, rollout, workspace in
                #expect(rule.query == "SELECT count(*) FROM predictions" && rollout.endpoint == World.endpoint && workspace == "main")
                return 50
            }
            world.clock.advance(by: .seconds(60))
            #expect(try await asked.readDue().isEmpty)
            #expect(try await track()?.failures == 1)
            world.clock.advance(by: .seconds(60))
            #expect(try await asked.readDue().isEmpty)
            #expect(try await world.traffic() == [1: 100])
        }
    }

    @Test("a guard in SQL has a query and no address, the others an address")
    func queryForms() {
        let good = OutsideGuard(name: "a", source: .sql, query: "SELECT 1", atMost: 1)
        #expect(throws: Never.self) { try good.validate() }
        for bad in [
            OutsideGuard(name: "a", source: .sql, atMost: 1),
            OutsideGuard(name: "a", source: .sql, url: "https://x.example", query: "SELECT 1", atMost: 1),
            OutsideGuard(name: "a", source: .webhook, atMost: 1), OutsideGuard(name: "a", source: .prometheus, query: "up", atMost: 1),
        ] {
            #expect(throws: Problem.self) { try bad.validate() }
        }
    }

    @Test("smoke tests are of a blue-green plan; the server tests a preview that waits, and says what an answer lacks")
    func smokeTests() throws {
        let test = SmokeTest(name: "usual", inputs: ["x": [[1]]], atLeast: 0.2, atMost: 0.8, withinMilliseconds: 100)
        #expect(test.fault(scores: [0.2, 0.8], milliseconds: 100) == nil)
        #expect(test.fault(scores: [0.5, nil], milliseconds: 1)?.contains("row 1 has no score") == true)
        #expect(test.fault(scores: [0.1], milliseconds: 1)?.contains("at least 0.2") == true)
        #expect(test.fault(scores: [0.9], milliseconds: 1)?.contains("at most 0.8") == true)
        #expect(test.fault(scores: [0.5], milliseconds: 101)?.contains("100 is the limit") == true)
        let plan = RolloutPlan(strategy: .blueGreen, smokeTests: [test])
        try plan.validate()
        #expect(throws: Problem.self) { try RolloutPlan(smokeTests: [test]).validate() }
        #expect(throws: Problem.self) { try RolloutPlan(strategy: .blueGreen, smokeTests: [test, test]).validate() }
        #expect(throws: Problem.self) {
            try RolloutPlan(strategy: .blueGreen, smokeTests: [SmokeTest(name: "none", inputs: [:])]).validate()
        }
        var state = RolloutState(plan: plan, phase: .progressing, step: 0, hasStable: true, deadline: Timestamp(milliseconds: 1000))
        #expect(state.awaitsSmokeTests)
        let told = state.after(.noteSmoke(by: "user:chen", note: "Seen."), following: nil, at: Timestamp(milliseconds: 1))
        #expect(!told.awaitsSmokeTests)
        state.phase = .paused
        #expect(!state.awaitsSmokeTests)
    }

    @Test(
        "a guard outside that cannot be read holds, one that fails again and again gives the traffic back", arguments: TestDatabase.allCases
    )
    func guards(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rule = OutsideGuard(
                name: "errors", source: .prometheus, url: "https://prometheus.example", query: "up", atMost: 0.1, failures: 2)
            let rollout = try await world.canary(plan: RolloutPlan(minimumLabelled: 100, guards: [rule]))
            let unread = try await world.rollouts.observe(rollout.id, .labelled(100), by: monitor)
            #expect(unread.decision == .hold("Guard 'errors' has not been read."))
            let away = GuardReading(guardName: "errors", outcome: .inconclusive, note: "no answer", time: world.clock.now())
            #expect(
                try await world.rollouts.note([away], of: rollout.id, by: monitor).decision
                    == .hold("Guard 'errors' is inconclusive: no answer."))
            world.clock.advance(by: .seconds(60))
            let good = try await world.rollouts.note([rule.judge(0.05, at: world.clock.now())], of: rollout.id, by: monitor)
            #expect(good.decision == .shift(toPercent: 50))
            for expected in ["hold", "roll-back"] {
                world.clock.advance(by: .seconds(60))
                let bad = try await world.rollouts.note([rule.judge(0.5, at: world.clock.now())], of: rollout.id, by: monitor)
                #expect(bad.decision.name == expected)
            }
            #expect(try await world.traffic() == [1: 100])
        }
    }
}

/// Nothing is asked over the network here.
private struct NoEgress: EgressClient {
    func check(_ url: EgressURL) async throws {}

    func send(_ request: EgressRequest) async throws -> EgressAnswer {
        throw Problem(.unavailable, "test.egress", "Nothing is sent.")
    }
}
