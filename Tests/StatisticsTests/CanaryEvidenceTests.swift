// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Canary evidence that may be looked at any time")
struct CanaryEvidenceTests {
    private let weights = [0.05, 0.1, 0.25, 0.5]

    /// The chance that a bad event is the canary's when its rate is `ratio` times the stable one.
    private func share(_ weight: Double, ratio: Double) -> Double {
        ratio * weight / (1 - weight + ratio * weight)
    }

    /// Passes `events` bad events through the steps of a rollout.
    private func run(ratio: Double, events: Int, tolerance: Double = 1.5, _ generator: inout SplitMix64) -> CanaryEvidence {
        var evidence = CanaryEvidence(tolerance: tolerance)
        for event in 0..<events {
            let weight = weights[event * weights.count / events]
            evidence.observe(isCanary: Double.random(in: 0..<1, using: &generator) < share(weight, ratio: ratio), weight: weight)
        }
        return evidence
    }

    @Test("the evidence is the mean of likelihood ratios, worked by hand")
    func byHand() {
        var evidence = CanaryEvidence()
        evidence.observe(isCanary: true, weight: 0.1)
        evidence.observe(isCanary: false, weight: 0.2)
        var expected = 0.0
        for r in [1.25, 1.5, 2, 3, 5, 10] { expected += r / (0.9 + r * 0.1) * (1 / (0.8 + r * 0.2)) / 6 }
        expectStatistic(exp(evidence.harm.logEvidence), expected, "harm")
        var safety = 0.0
        for s in [0.5, 0.75, 1] {
            let canary = (s / (0.9 + s * 0.1)) / (1.5 / (0.9 + 1.5 * 0.1))
            let stable = (1 / (0.8 + s * 0.2)) / (1 / (0.8 + 1.5 * 0.2))
            safety += canary * stable / 3
        }
        expectStatistic(exp(evidence.safety.logEvidence), safety, "safety")
        #expect(evidence.eventCount == 2)
    }

    @Test("equal arms are called worse in at most α of runs, though looked at after every event")
    func falseAlarms() {
        let seed: UInt64 = 2024
        var generator = SplitMix64(seed: seed)
        let worse = (0..<2000).count { _ in run(ratio: 1, events: 300, &generator).verdict(alpha: 0.05) == .worse }
        // If the true rate were exactly 0.05, Binomial(2000, 0.05) would exceed 149 with probability below 1e-6.
        #expect(worse <= 149, "\(worse) of 2000, seed \(seed)")
    }

    @Test("a canary three times worse is caught")
    func power() {
        let seed: UInt64 = 2025
        var generator = SplitMix64(seed: seed)
        let worse = (0..<500).count { _ in run(ratio: 3, events: 300, &generator).verdict(alpha: 0.05) == .worse }
        #expect(worse >= 495, "\(worse) of 500, seed \(seed)")
    }

    @Test("a canary at the tolerance is called safe in at most α of runs, and an equal one is found safe")
    func safety() {
        let seed: UInt64 = 2026
        var generator = SplitMix64(seed: seed)
        let wronglySafe = (0..<2000).count { _ in run(ratio: 1.5, events: 300, &generator).safety.rejects(at: 0.05) }
        #expect(wronglySafe <= 149, "\(wronglySafe) of 2000, seed \(seed)")
        let safe = (0..<100).count { _ in run(ratio: 1, events: 2000, &generator).verdict(alpha: 0.05) == .notWorse }
        #expect(safe >= 85, "\(safe) of 100, seed \(seed)")
    }

    @Test("bounded losses keep the error rate and find a worse mean loss")
    func boundedLosses() {
        let seed: UInt64 = 2027
        var generator = SplitMix64(seed: seed)
        func worse(scale: Double) -> Bool {
            var evidence = CanaryEvidence()
            for _ in 0..<1000 {
                let isCanary = Double.random(in: 0..<1, using: &generator) < 0.25
                let loss = Double.random(in: 0..<0.3, using: &generator) * (isCanary ? scale : 1)
                evidence.observe(loss: loss, uniform: Double.random(in: 0..<1, using: &generator), isCanary: isCanary, weight: 0.25)
            }
            return evidence.verdict(alpha: 0.05) == .worse
        }
        let falseAlarms = (0..<500).count { _ in worse(scale: 1) }
        // Binomial(500, 0.05) exceeds 52 with probability below 1e-6.
        #expect(falseAlarms <= 52, "\(falseAlarms) of 500, seed \(seed)")
        let caught = (0..<100).count { _ in worse(scale: 3) }
        #expect(caught >= 98, "\(caught) of 100, seed \(seed)")
    }

    @Test("a loss that is not a number is bad, a zero loss never is")
    func lossEdges() {
        var evidence = CanaryEvidence()
        evidence.observe(loss: 0, uniform: 0, isCanary: true, weight: 0.5)
        #expect(evidence.eventCount == 0)
        evidence.observe(loss: .nan, uniform: 0.999, isCanary: true, weight: 0.5)
        evidence.observe(loss: 1, uniform: 0.999, isCanary: true, weight: 0.5)
        #expect(evidence.eventCount == 2)
    }

    @Test("events say nothing when all or no traffic goes to the canary", arguments: [0, 1, -0.5, 1.5, .nan] as [Double])
    func degenerateWeights(weight: Double) {
        var evidence = CanaryEvidence()
        for _ in 0..<1000 { evidence.observe(isCanary: true, weight: weight) }
        #expect(evidence.verdict(alpha: 0.05) == .undecided)
        #expect(evidence == CanaryEvidence())
    }

    @Test("a rejection stands after later good events, and evidence survives a restart")
    func peakAndRestart() throws {
        var evidence = CanaryEvidence()
        for _ in 0..<10 { evidence.observe(isCanary: true, weight: 0.1) }
        #expect(evidence.verdict(alpha: 0.01) == .worse)
        var restored = try JSONDecoder().decode(CanaryEvidence.self, from: JSONEncoder().encode(evidence))
        #expect(restored == evidence)
        for _ in 0..<1000 {
            evidence.observe(isCanary: false, weight: 0.1)
            restored.observe(isCanary: false, weight: 0.1)
        }
        #expect(restored == evidence)
        #expect(evidence.harm.logEvidence < 0)
        #expect(evidence.verdict(alpha: 0.01) == .worse)
    }

    @Test("millions of events neither overflow nor become NaN")
    func longRuns() {
        var evidence = CanaryEvidence()
        for _ in 0..<200_000 { evidence.observe(isCanary: true, weight: 0.05) }
        #expect(evidence.harm.logEvidence.isFinite && evidence.harm.logEvidence > 1e5)
        #expect(evidence.safety.logEvidence.isFinite && evidence.safety.logEvidence < -1e4)
    }
}
