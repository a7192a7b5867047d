// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Foundation
import Governance
import Statistics
import TestSupport
import Testing

@Suite("Guards on latency, refused inputs and saturation")
struct MeasuredGuardTests {
    private let monitor = Caller.controller("monitor", in: "main")

    private func latency(candidate: Int64, stable: Int64, answers: Int = 1000) -> LatencyEvidence {
        var evidence = LatencyEvidence(limits: LatencyGuard(p50: 1.5, p99: 2).limits)
        for number in 0..<answers {
            let isCanary = number % 10 == 0
            evidence.observe(
                microseconds: (isCanary ? candidate : stable) + Int64(number * 37 % 100), isCanary: isCanary, weight: 0.1)
        }
        return evidence
    }

    @Test(
        "a slow candidate is rolled back, with the numbers in the reason; the decision can be computed again",
        arguments: TestDatabase.allCases)
    func slow(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(
                plan: RolloutPlan(minimumLabelled: 100, latency: LatencyGuard(p50: 1.5, p99: 2, minimum: 100)))
            #expect(rollout.state.plan.alphaPerGuard == 0.05 / 3)
            var evidence = RolloutEvidence.labelled(100)
            evidence.latency = latency(candidate: 9000, stable: 2000, answers: 3000)
            let observed = try await world.rollouts.observe(rollout.id, evidence, by: monitor)
            #expect(observed.rollout.state.phase == .rolledBack)
            let reason = try #require(observed.rollout.reason)
            #expect(reason.contains("slower than it may be") && reason.contains("the median") && reason.contains("with 95 %"), "\(reason)")
            #expect(try await world.traffic() == [1: 100])
            #expect(try await world.rollouts.replay(rollout.id, by: world.chen).agrees)
        }
    }

    @Test("a candidate as fast goes on; one that was not measured, or looks slow without proof, waits", arguments: TestDatabase.allCases)
    func waits(engine: TestDatabase) async throws {
        try await World.run(on: engine) { world in
            let rollout = try await world.canary(plan: RolloutPlan(minimumLabelled: 100, latency: LatencyGuard(p50: 1.5, minimum: 100)))
            func why(_ evidence: RolloutEvidence) -> String? { rollout.state.missing(from: evidence, at: world.clock.now()) }
            var evidence = RolloutEvidence.labelled(100)
            #expect(try #require(why(evidence)).contains("has measured 0 answers of the candidate"))
            let only = LatencyGuard(p50: 1.5).limits
            var unproven = LatencyEvidence(limits: only)
            for number in 0..<1000 {
                let isCanary = number % 10 == 0
                // Every other answer of the candidate, and a little more, takes twice as long.
                let slow = isCanary && number / 10 % 20 < 11
                unproven.observe(microseconds: slow ? 4000 : 2000, isCanary: isCanary, weight: 0.1)
            }
            evidence.latency = unproven
            #expect(evidence.breach(of: rollout.state.plan) == nil || unproven.broken(at: 0.05 / 3) != nil)
            var equal = LatencyEvidence(limits: only)
            for number in 0..<1000 { equal.observe(microseconds: 2000 + Int64(number % 7), isCanary: number % 10 == 0, weight: 0.1) }
            evidence.latency = equal
            #expect(why(evidence) == nil)
            let observed = try await world.rollouts.observe(rollout.id, evidence, by: monitor)
            #expect(observed.rollout.state.step == 1)
            // The next step's answers are measured anew.
            evidence.candidateLabelled = 300
            evidence.stableLabelled = 300
            evidence.latency?.observe(microseconds: 2000, isCanary: true, weight: 0.5)
            #expect(try #require(observed.rollout.state.missing(from: evidence, at: world.clock.now())).contains("has measured 1 answers"))
        }
    }

    @Test("a candidate with a stricter signature is rolled back for the inputs it refuses; inputs that fit neither say nothing")
    func misfits() throws {
        let plan = RolloutPlan(schemaViolations: true)
        func load(_ isCandidate: Bool, _ misfits: Int) -> RevisionLoad {
            RevisionLoad(isCandidate: isCandidate, percent: 10, answered: 900, misfits: misfits, shed: 0, mostAtOnce: 3)
        }
        var evidence = RolloutEvidence.labelled(100)
        evidence.loads = LoadEvidence([load(true, 30), load(false, 2)])
        #expect(try #require(evidence.breach(of: plan)).contains("30 requests did not fit it, 2 the stable revision"))
        #expect(evidence.breach(of: RolloutPlan()) == nil)
        evidence.loads = LoadEvidence([load(true, 10), load(false, 90)])
        #expect(evidence.breach(of: plan) == nil)
        #expect(plan.alphaPerGuard == 0.05 / 3)
    }

    @Test("a candidate without room waits for a person, and is not rolled back for it")
    func saturation() throws {
        let plan = RolloutPlan(minimumPredictions: 100, minimumLabelled: 0, saturation: SaturationGuard(shedShare: 0.05, minimum: 100))
        let state = RolloutState(plan: plan, phase: .progressing, step: 0, hasStable: true, deadline: Timestamp(milliseconds: 1_000_000))
        func decision(answered: Int, shed: Int) -> RolloutDecision {
            var evidence = RolloutEvidence.labelled(100)
            evidence.loads = LoadEvidence([
                RevisionLoad(isCandidate: true, percent: 10, answered: answered, misfits: 0, shed: shed, mostAtOnce: 64),
                RevisionLoad(isCandidate: false, percent: 10, answered: 1000, misfits: 0, shed: 900, mostAtOnce: 64),
            ])
            return state.next(evidence, at: Timestamp(milliseconds: 1000))
        }
        func why(_ decision: RolloutDecision) -> String { if case .hold(let why) = decision { why } else { "\(decision)" } }
        #expect(why(decision(answered: 60, shed: 30)).contains("needs 100"))
        #expect(why(decision(answered: 90, shed: 30)).contains("turned away 30 of 120 requests at this share"))
        #expect(decision(answered: 110, shed: 5) == .shift(toPercent: 50))
        #expect(plan.alphaPerGuard == 0.025)
    }

    @Test("a plan keeps its guards, refuses those that make no sense, and reads plans from before there were any")
    func plans() throws {
        let plan = RolloutPlan(latency: LatencyGuard(p99: 2), schemaViolations: true, saturation: SaturationGuard())
        #expect(try JSONDecoder().decode(RolloutPlan.self, from: JSONEncoder().encode(plan)) == plan)
        #expect(try JSONDecoder().decode(RolloutPlan.self, from: Data("{}".utf8)) == RolloutPlan())
        try plan.validate()
        for latency in [LatencyGuard(), LatencyGuard(p50: 0.5), LatencyGuard(p50: 2, minimum: 1), LatencyGuard(p99: .infinity)] {
            #expect(throws: Problem.self) { try RolloutPlan(latency: latency).validate() }
        }
        for saturation in [SaturationGuard(shedShare: 1), SaturationGuard(shedShare: -0.1), SaturationGuard(minimum: 0)] {
            #expect(throws: Problem.self) { try RolloutPlan(saturation: saturation).validate() }
        }
    }
}
