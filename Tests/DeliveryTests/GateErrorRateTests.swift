// SPDX-License-Identifier: Apache-2.0

import Delivery
import Statistics
import Testing

/// How often a gate at 95 % lets a challenger through that is no better than the champion. The two-sided interval promises 2.5 %.
///
/// Champion and challenger have scores of the same distribution, exchangeable row by row, so neither is better.
@Suite("A gate passes an equal challenger no more often than stated") struct GateErrorRateTests {
    private static let seed: UInt64 = 20_131_001

    private func equal(_ rows: Int, _ generator: inout SplitMix64) throws -> PairedScores {
        var (labels, candidate, champion): ([Bool], [Double], [Double]) = ([], [], [])
        for _ in 0..<rows {
            let difficulty = Double.random(in: 0.1...0.7, using: &generator)
            labels.append(Double.random(in: 0...1, using: &generator) < difficulty)
            candidate.append(difficulty + Double.random(in: -0.1...0.3, using: &generator))
            champion.append(difficulty + Double.random(in: -0.1...0.3, using: &generator))
        }
        return try PairedScores(labels: labels, candidate: candidate, champion: champion)
    }

    /// The most passes that trials with a true rate of 2.5 % would have but for one time in 100,000.
    private func bound(_ trials: Int) -> Int {
        let mean = Double(trials) * 0.025
        return Int(mean + 4.27 * (mean * 0.975).squareRoot())
    }

    @Test(
        "by every exact or asymptotic method",
        arguments: [ChampionRule(metric: .auc, method: .delong), ChampionRule(metric: .accuracy, method: .mcnemar)])
    func tests(rule: ChampionRule) throws {
        var generator = SplitMix64(seed: Self.seed)
        let trials = 1200
        var passes = 0
        for _ in 0..<trials {
            let evidence = GateEvidence(scores: try equal(150, &generator), scoredChampion: 1)
            if rule.judge(evidence, against: 1).outcome == .passed { passes += 1 }
        }
        #expect(passes <= bound(trials), "\(passes) of \(trials) by \(rule.method), seed \(Self.seed)")
        #expect(passes > 0, "The gate is not simply shut.")
    }

    @Test("by the paired bootstrap of losses", arguments: [ScoreMetric.logLoss, .brier])
    func bootstrap(metric: ScoreMetric) throws {
        var generator = SplitMix64(seed: Self.seed)
        let rule = ChampionRule(metric: metric)
        let trials = 400
        var passes = 0
        for _ in 0..<trials {
            let scores = try equal(150, &generator)
            let comparison = try #require(ScoreComparison(of: scores, metric: metric, confidence: 0.95, resamples: 500))
            if rule.verdict(on: comparison).0 == .passed { passes += 1 }
        }
        #expect(passes <= bound(trials), "\(passes) of \(trials) by \(metric), seed \(Self.seed)")
        #expect(passes > 0, "The gate is not simply shut.")
    }

    @Test("and with a minimum effect even less often")
    func minimumEffect() throws {
        var generator = SplitMix64(seed: Self.seed)
        let rule = ChampionRule(metric: .auc, method: .delong, minimumEffect: 0.05)
        var passes = 0
        for _ in 0..<600 {
            let evidence = GateEvidence(scores: try equal(150, &generator), scoredChampion: 1)
            if rule.judge(evidence, against: 1).outcome == .passed { passes += 1 }
        }
        #expect(passes <= bound(600), "\(passes) of 600")
    }
}
