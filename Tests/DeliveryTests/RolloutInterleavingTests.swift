// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Foundation
import Governance
import Statistics
import Testing

/// Random interleavings of everything that can happen to a rollout: evidence in any order and twice, people, freezes, guards, clocks that
/// jump, controllers that die between deciding and writing.
///
/// `DHOW_INTERLEAVINGS` says how many; 20,000 without it, so that a debug build needs seconds.
@Suite struct RolloutInterleavingTests {
    private static let count = ProcessInfo.processInfo.environment["DHOW_INTERLEAVINGS"].flatMap { Int($0) } ?? 20_000
    private static let parts = 8

    @Test("every interleaving keeps the invariants", arguments: 0..<parts)
    func interleavings(part: Int) {
        for number in 0..<(Self.count / Self.parts) {
            let seed = UInt64(number * Self.parts + part)
            var world = RolloutWalk(seed: seed)
            let broken = world.walk(events: 24)
            guard broken.isEmpty else {
                Issue.record("Seed \(seed): \(broken.joined(separator: " "))")
                return
            }
        }
    }

    @Test("the walks reach every phase, strategy and decision")
    func reach() {
        var phases: Set<RolloutState.Phase> = []
        var decisions: Set<String> = []
        for seed in 0..<3000 {
            var world = RolloutWalk(seed: UInt64(seed))
            _ = world.walk(events: 24)
            phases.insert(world.state.phase)
            decisions.formUnion(world.decisions)
        }
        #expect(phases == Set(RolloutState.Phase.allCases))
        #expect(
            decisions == [
                "hold", "shift", "promote", "roll-back", "pause", "resume", "abort", "approve-step", "retract-step", "smoke-passed",
                "let-go",
                "supersede",
            ])
    }
}

/// One rollout in a random world, and what must hold in it.
private struct RolloutWalk {
    private static let names = ["amina", "bruno"]
    private static let guardName = "errors"

    private(set) var state: RolloutState
    private(set) var decisions: Set<String> = []
    private var generator: SplitMix64
    private var known: RolloutEvidence?
    /// What happened in the world, whether or not it was told of.
    private var truth = RolloutEvidence()
    private var now = Timestamp(milliseconds: 1_000_000_000)
    private var frozen: String?
    private var broken: [String] = []
    /// Who said yes to which step, as a person would remember it.
    private var yes: Set<String> = []
    private var smokePassed = false
    private var ended = false

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
        let strategy = RolloutStrategy.allCases.randomElement(using: &generator) ?? .canary
        var plan = RolloutPlan(strategy: strategy, minimumLabelled: 10, minimumPairs: 10, maximumSeconds: 600)
        if Bool.random(using: &generator) { plan.bakeSeconds = 30 }
        if Bool.random(using: &generator) { plan.minimumPredictions = 15 }
        if Bool.random(using: &generator) { plan.keepWarmSeconds = 60 }
        if Int.random(in: 0..<4, using: &generator) == 0 { plan.stepApprovals = [StepApproval(beforePercent: 100, approvers: ["amina"])] }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            plan.guards = [OutsideGuard(name: Self.guardName, source: .webhook, url: "https://guard.example", atMost: 1)]
        }
        state = RolloutState(
            plan: plan, phase: .progressing, step: 0, hasStable: true, deadline: now + .seconds(600),
            position: RolloutPosition(stepBegan: now))
    }

    /// - Returns: What does not hold; empty when all does.
    mutating func walk(events: Int) -> [String] {
        if (try? state.plan.validate()) == nil { return ["The plan is not valid."] }
        for _ in 0..<events where broken.isEmpty {
            now = now + .seconds(Int.random(in: 0..<40, using: &generator))
            // A clock that was set, now and then.
            if Int.random(in: 0..<20, using: &generator) == 0 { now = now + .seconds(Int.random(in: -900...900, using: &generator)) }
            happen()
        }
        return broken
    }

    private mutating func happen() {
        switch Int.random(in: 0..<24, using: &generator) {
        case 0..<8: observe()
        case 8..<12: commit(.timePassed(evidence: known))
        case 12: command(.shift(toPercent: state.plan.percents.randomElement(using: &generator) ?? 10))
        case 13: command(.promote)
        case 14: if Bool.random(using: &generator) { command(.rollBack(because: "r")) } else { command(.abort(because: "r")) }
        case 15: command(.pause(because: "r"))
        case 16, 17: command(.resume)
        case 18: frozen = frozen == nil && Bool.random(using: &generator) ? "A freeze." : nil
        case 19:
            let name = Self.names.randomElement(using: &generator) ?? ""
            command(.approve(percent: 100, name: name, roles: []))
        case 20: command(.retract(percent: 100, name: "amina"))
        case 21: command(.smoke(passed: Int.random(in: 0..<4, using: &generator) > 0, by: "user:amina", note: "n"))
        case 22:
            let value = Double([0, 0, 0, 2].randomElement(using: &generator) ?? 0)
            if let rule = state.plan.guards.first, Int.random(in: 0..<5, using: &generator) > 0 {
                state.position.note(rule.judge(value, at: now))
            } else {
                state.position.note(GuardReading(guardName: Self.guardName, outcome: .inconclusive, note: "away", time: now))
            }
            commit(.timePassed(evidence: known))
        default: if Int.random(in: 0..<4, using: &generator) == 0 { commit(.superseded(by: "next")) }
        }
    }

    private mutating func observe() {
        let isHarmful = Int.random(in: 0..<12, using: &generator) == 0
        truth.candidatePredictions += 12
        truth.candidateLabelled += 8
        truth.stableLabelled += 8
        if state.plan.strategy == .shadow {
            var pairs = truth.pairs ?? PairedEvidence()
            for _ in 0..<6 { pairs.observe(shadowIsBad: isHarmful, stableIsBad: false) }
            truth.pairs = pairs
        }
        let weight = Double(state.percent) / 100
        truth.canary.observe(canary: isHarmful ? 20 : 0, of: isHarmful ? 20 : 1, weight: weight)
        if isHarmful, Bool.random(using: &generator) { truth.candidateInvalid += 8 }
        // Told late, twice, or not at all.
        let seen = truth
        let times = Int.random(in: 0..<3, using: &generator)
        for _ in 0..<times {
            if let known, seen.isOlder(than: known) { continue }
            known = seen
            state.takeIn(seen)
            commit(.observed(seen))
        }
    }

    private mutating func command(_ command: RolloutCommand) {
        commit(.commanded(command, evidence: known))
    }

    /// Decides and writes, as one transaction does; a controller that dies in between leaves nothing behind.
    private mutating func commit(_ event: RolloutEvent) {
        let before = state
        let decision: RolloutDecision
        do throws(Problem) {
            decision = try before.decide(event, frozen: frozen, at: now)
        } catch {
            if error.kind == .internal { broken.append("An event ended in an internal problem: \(error.what)") }
            return
        }
        if Int.random(in: 0..<10, using: &generator) == 0 { return }
        decisions.insert(decision.name)
        var fresh: RolloutEvidence?
        if case .observed(let evidence) = event { fresh = evidence }
        let after = before.after(decision, following: fresh, at: now)
        remember(decision)
        check(event, before, decision, after)
        state = after
    }

    private mutating func remember(_ decision: RolloutDecision) {
        switch decision {
        case .approveStep(_, let name): yes.insert(name)
        case .retractStep(_, let name): yes.remove(name)
        case .noteSmoke: smokePassed = true
        default: break
        }
    }

    private mutating func check(_ event: RolloutEvent, _ before: RolloutState, _ decision: RolloutDecision, _ after: RolloutState) {
        func require(_ holds: Bool, _ sentence: String) { if !holds { broken.append(sentence) } }
        let shares = after.shares(candidate: 2, stable: 1)
        let candidate = shares.first { $0.revision == 2 }
        let stable = shares.first { $0.revision == 1 }
        require(shares.reduce(0) { $0 + $1.percent } == 100, "Traffic does not sum to 100.")
        require(shares.allSatisfy { (0...100).contains($0.percent) } && shares.count <= 2, "A share is out of range.")
        require(after.phase == .promoted || stable?.percent == 100 - after.percent, "The stable revision was scaled away.")
        if after.phase == .promoted, after.position.warmUntil != nil { require(stable != nil, "A warm revision was let go.") }
        if [.rolledBack, .aborted, .superseded].contains(after.phase) {
            require(candidate == nil, "A revision that was given up still has a place in the split.")
        }
        if ended { require(after.phase == before.phase, "A rollout that ended went on.") }
        if before.phase == .promoted { require([.promoted, .rolledBack].contains(after.phase), "A promotion became something else.") }
        if !decision.isAdvance { require(after.percent <= before.percent, "The candidate gained traffic by \(decision.name).") }
        if decision.isAdvance { checkAdvance(event, before, after) }
        if [.rolledBack, .aborted, .superseded].contains(after.phase) { ended = true }
    }

    private mutating func checkAdvance(_ event: RolloutEvent, _ before: RolloutState, _ after: RolloutState) {
        func require(_ holds: Bool, _ sentence: String) { if !holds { broken.append(sentence) } }
        require(frozen == nil, "The candidate gained traffic in a freeze.")
        require(before.phase.isActive, "A rollout that was over went on.")
        if let known { require(known.breach(of: before.plan) == nil, "A candidate gained traffic against its verdict.") }
        if after.phase == .promoted, !before.plan.stepApprovals.isEmpty {
            require(yes.contains("amina"), "Nobody said yes to the promotion.")
        }
        if case .commanded = event { return }
        require(after.step == before.step + 1, "A step was left out.")
        if let wait = before.bakesUntil { require(now >= wait, "A step was cut short.") }
        if before.plan.strategy == .blueGreen { require(smokePassed, "The switch came before its smoke tests.") }
        if before.plan.strategy == .shadow, before.step == 0 {
            require((known?.pairs?.pairCount ?? 0) >= 10, "The shadow was let go too soon.")
        }
        if before.percent > 0 {
            let start = before.stepStart?.candidate ?? 0
            require((known?.candidateLabelled ?? 0) - start >= 10, "A step ended without its labels.")
        }
        if !before.plan.guards.isEmpty {
            require(before.position.guards[Self.guardName]?.last.outcome == .passed, "A guard that did not pass was passed by.")
        }
    }
}
