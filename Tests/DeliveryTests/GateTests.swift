// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Foundation
import Testing

@Suite struct GateTests {
    @Test(
        "compares a metric with its limit, edges included",
        arguments: [
            (ThresholdRule.Comparison.atLeast, 0.7, GateOutcome.passed), (.atLeast, 0.69999, .failed), (.above, 0.7, .failed),
            (.above, 0.70001, .passed), (.atMost, 0.7, .passed), (.atMost, 0.70001, .failed), (.below, 0.7, .failed),
            (.below, 0.69999, .passed), (.atLeast, .nan, .failed), (.below, .nan, .failed), (.below, -.infinity, .failed),
            (.atLeast, .infinity, .failed),
        ])
    func threshold(comparison: ThresholdRule.Comparison, value: Double, outcome: GateOutcome) {
        let rule = ThresholdRule(metric: "auc", comparison: comparison, value: 0.7)
        let gate = GateSpecification(name: "g", checks: [GateCheck(name: "c", rule: .threshold(rule))])
        #expect(gate.judge(GateEvidence(metrics: ["auc": value]), against: nil).map(\.outcome) == [outcome])
    }

    @Test("a missing metric fails and is named")
    func missing() {
        let findings = World.gate.judge(GateEvidence(metrics: ["AUC": 0.9]), against: nil)
        #expect(findings.map(\.outcome) == [.failed])
        #expect(findings[0].reason.contains("'auc' is missing"))
    }

    @Test(
        "passes what is better than noise by at least the minimum effect, fails what is not better or cannot reach it",
        arguments: [
            // estimate, lower, upper, minimum effect
            (0.02, 0.01, 0.03, 0.01, GateOutcome.passed), (0.02, 0.01, 0.03, 0.02, .passed), (0.02, 0.01, 0.03, 0.025, .inconclusive),
            (0.02, 0.01, 0.03, 0.031, .failed), (0.02, 0.0, 0.03, 0.0, .inconclusive), (0.02, -0.01, 0.05, 0.0, .inconclusive),
            (0.0, -0.01, 0.01, 0.0, .failed), (-0.02, -0.05, 0.01, 0.0, .failed), (0.0, 0.0, 0.0, 0.0, .failed),
            (0.001, -0.002, 0.004, 0.01, .failed),
        ])
    func verdict(estimate: Double, lower: Double, upper: Double, minimum: Double, outcome: GateOutcome) {
        let rule = ChampionRule(metric: .logLoss, minimumEffect: minimum)
        #expect(rule.verdict(on: ScoreComparison(estimate: estimate, lower: lower, upper: upper)).0 == outcome)
    }

    @Test("one failure fails the gate; else one inconclusive check leaves it inconclusive")
    func whole() {
        #expect(GateOutcome(of: []) == .passed)
        #expect(GateOutcome(of: [.passed, .passed]) == .passed)
        #expect(GateOutcome(of: [.passed, .inconclusive, .passed]) == .inconclusive)
        #expect(GateOutcome(of: [.inconclusive, .failed, .inconclusive]) == .failed)
    }

    @Test("without a champion the comparison passes; with one, missing scores fail")
    func champion() throws {
        let gate = GateSpecification(name: "g", checks: [GateCheck(name: "c", rule: .champion(ChampionRule(metric: .brier)))])
        let alone = try PairedScores(labels: [true, false], candidate: [0.9, 0.1])
        func outcome(_ evidence: GateEvidence, _ champion: Int?) -> GateOutcome { gate.judge(evidence, against: champion)[0].outcome }
        #expect(outcome(GateEvidence(), nil) == .passed)
        #expect(outcome(GateEvidence(), 3) == .failed)
        #expect(outcome(GateEvidence(scores: alone, scoredChampion: 3), 3) == .failed)
        let pair = try PairedScores(labels: [true, false], candidate: [0.9, 0.1], champion: [0.8, 0.2])
        #expect(outcome(GateEvidence(scores: pair, scoredChampion: 2), 3) == .failed)
        #expect(outcome(GateEvidence(scores: pair), 3) == .failed)
        #expect(outcome(GateEvidence(scores: pair, scoredChampion: 3), 3) == .inconclusive, "Two rows are too few.")
        let broken = try PairedScores(labels: [true, false], candidate: [0.9, .nan], champion: [0.8, 0.2])
        #expect(outcome(GateEvidence(scores: broken, scoredChampion: 3), 3) == .failed)
        let outside = try PairedScores(labels: [true, false], candidate: [0.9, 1.1], champion: [0.8, 0.2])
        #expect(outcome(GateEvidence(scores: outside, scoredChampion: 3), 3) == .failed)
        let unusable = try PairedScores(labels: [true, false], candidate: [0.9, 0.1], champion: [0.8, .nan])
        #expect(outcome(GateEvidence(scores: unusable, scoredChampion: 3), 3) == .inconclusive)
    }

    @Test("reads a gate as people write it, and writes what it reads")
    func coding() throws {
        let text = """
            {"name": "quality", "checks": [
              {"name": "floor", "threshold": {"metric": "auc", "comparison": "atLeast", "value": 0.7}},
              {"name": "better", "champion": {"metric": "logLoss", "minimumEffect": 0.001, "groupedBy": "day"}}]}
            """
        let gate = try JSONDecoder().decode(GateSpecification.self, from: Data(text.utf8))
        #expect(gate.checks[1].rule == .champion(ChampionRule(metric: .logLoss, minimumEffect: 0.001, confidence: 0.95, groupedBy: "day")))
        #expect(try gate.groupColumn() == "day")
        try gate.validate()
        #expect(try JSONDecoder().decode(GateSpecification.self, from: JSONEncoder().encode(gate)) == gate)
        for wrong in [#"{"name": "c"}"#, #"{"name": "c", "threshold": {"metric": "a", "comparison": "equals", "value": 1}}"#] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(GateCheck.self, from: Data(wrong.utf8)) }
        }
    }

    @Test("refuses gates that could let everything through or cannot be computed")
    func validation() {
        func gate(_ rules: GateCheck.Rule...) -> GateSpecification {
            GateSpecification(name: "g", checks: rules.enumerated().map { GateCheck(name: "c\($0.offset)", rule: $0.element) })
        }
        let floor = GateCheck.Rule.threshold(ThresholdRule(metric: "auc", comparison: .atLeast, value: 0.7))
        let wrong = [
            gate(), GateSpecification(name: "../g", checks: World.gate.checks),
            GateSpecification(name: "g", checks: World.gate.checks + World.gate.checks),
            GateSpecification(name: "g", checks: (0...50).map { GateCheck(name: "c\($0)", rule: floor) }),
            gate(.threshold(ThresholdRule(metric: "", comparison: .atLeast, value: 0.7))),
            gate(.threshold(ThresholdRule(metric: "auc", comparison: .atLeast, value: .nan))),
            gate(.champion(ChampionRule(metric: .auc, minimumEffect: -0.1))), gate(.champion(ChampionRule(metric: .auc, confidence: 1))),
            gate(.champion(ChampionRule(metric: .auc, minimumEffect: .nan))), gate(.champion(ChampionRule(metric: .auc, minimumRows: 1))),
        ]
        for gate in wrong { #expect(throws: Problem.self) { try gate.validate() } }
    }
}
