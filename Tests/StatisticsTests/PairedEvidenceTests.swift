// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Evidence from answers to the same requests")
struct PairedEvidenceTests {
    private func run(pairs: Int, shadow: Double, stable: Double, _ generator: inout SplitMix64) -> PairedEvidence {
        var evidence = PairedEvidence()
        for _ in 0..<pairs {
            let draw = Double.random(in: 0..<1, using: &generator)
            // Bad alone with these chances; else both or none.
            evidence.observe(shadowIsBad: draw < shadow, stableIsBad: draw >= shadow && draw < shadow + stable)
        }
        return evidence
    }

    @Test("the evidence is the integral over the alternatives, worked by a fine sum")
    func byHand() {
        var evidence = PairedEvidence()
        for _ in 0..<7 { evidence.observe(shadowIsBad: true, stableIsBad: false) }
        for _ in 0..<2 { evidence.observe(shadowIsBad: false, stableIsBad: true) }
        for _ in 0..<50 { evidence.observe(shadowIsBad: true, stableIsBad: true) }
        let parts = 200_000
        var (harm, safety) = (0.0, 0.0)
        for part in 0..<parts {
            let place = (Double(part) + 0.5) / Double(parts)
            let (worse, better) = (0.5 + place / 2, 0.6 * place)
            harm += pow(worse, 7) * pow(1 - worse, 2) / pow(0.5, 9)
            safety += pow(better, 7) * pow(1 - better, 2) / (pow(0.6, 7) * pow(0.4, 2))
        }
        #expect(abs(exp(evidence.logHarm) / (harm / Double(parts)) - 1) < 1e-8)
        #expect(abs(exp(evidence.logSafety) / (safety / Double(parts)) - 1) < 1e-8)
        #expect(evidence.pairCount == 59 && evidence.shadowOnly == 7 && evidence.stableOnly == 2)
    }

    @Test("an equal shadow is called worse in at most α of runs, though looked at after every pair")
    func falseAlarms() {
        var generator = SplitMix64(seed: 31)
        let worse = (0..<2000).count { _ in run(pairs: 150, shadow: 0.2, stable: 0.2, &generator).verdict(alpha: 0.05) == .worse }
        // Binomial(2000, 0.05) exceeds 149 with probability below 1e-6.
        #expect(worse <= 149, "\(worse) of 2000")
    }

    @Test("a shadow at the tolerance is called safe in at most α of runs")
    func wronglySafe() {
        var generator = SplitMix64(seed: 32)
        let safe = (0..<2000).count { _ in run(pairs: 150, shadow: 0.3, stable: 0.2, &generator).verdict(alpha: 0.05) == .notWorse }
        #expect(safe <= 149, "\(safe) of 2000")
    }

    @Test("a worse shadow is found, an equal one is found safe")
    func power() {
        var generator = SplitMix64(seed: 33)
        let worse = (0..<200).count { _ in run(pairs: 800, shadow: 0.25, stable: 0.1, &generator).verdict(alpha: 0.05) == .worse }
        let safe = (0..<200).count { _ in run(pairs: 2500, shadow: 0.1, stable: 0.1, &generator).verdict(alpha: 0.05) == .notWorse }
        #expect(worse >= 190 && safe >= 180, "\(worse) and \(safe) of 200")
    }

    @Test("losses count by their difference, and equal losses never")
    func losses() {
        var evidence = PairedEvidence()
        var generator = SplitMix64(seed: 34)
        for _ in 0..<4000 {
            let uniform = Double.random(in: 0..<1, using: &generator)
            evidence.observe(shadowLoss: 0.5, stableLoss: 0.5, uniform: uniform)
        }
        #expect(evidence.shadowOnly == 0 && evidence.stableOnly == 0 && evidence.pairCount == 4000)
        for _ in 0..<4000 {
            let uniform = Double.random(in: 0..<1, using: &generator)
            evidence.observe(shadowLoss: 0.35, stableLoss: 0.25, uniform: uniform)
        }
        #expect(abs(evidence.shadowOnly - 400) < 80 && evidence.stableOnly == 0)
        evidence.observe(shadowLoss: .nan, stableLoss: 0, uniform: 0.9)
        #expect(evidence.verdict(alpha: 0.01) == .worse)
    }

    @Test("long runs stay finite where they decide, and survive a restart")
    func longRuns() throws {
        var evidence = PairedEvidence()
        for pair in 0..<10_000 { evidence.observe(shadowIsBad: pair % 3 != 0, stableIsBad: pair % 3 == 0) }
        #expect(evidence.logHarm.isFinite && evidence.verdict(alpha: 1e-9) == .worse)
        let restored = try JSONDecoder().decode(PairedEvidence.self, from: JSONEncoder().encode(evidence))
        #expect(restored == evidence)
    }
}
