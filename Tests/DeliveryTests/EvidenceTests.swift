// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Statistics
import Testing

@Suite struct EvidenceTests {
    /// Logarithms of exact fractions, computed with Python's `fractions` and 50-digit `decimal`.
    @Test(
        "agrees with exact arithmetic",
        arguments: [
            (0, 0, 0.01, 0.0), (6, 6, 0.01, 25.9370540699796487), (6, 100, 0.01, 4.46723936058371529),
            (10, 1000, 0.01, -4.50567030448904700),
            (30, 1000, 0.01, 9.62733552063710364), (0, 500, 0.01, -6.46247991580602108), (12, 20, 0.5, -10.7184341098836282),
            (20, 100, 0.1, 3.34168847427807996),
        ])
    func exact(invalid: Int, predictions: Int, bound: Double, logarithm: Double) {
        let evidence = InvalidShareEvidence(invalid: invalid, of: predictions, bound: bound)
        #expect(abs(evidence.logEvidence - logarithm) < 1e-9)
    }

    @Test("a share at the bound is rarely accused, however often one looks")
    func errorRate() {
        var generator = SplitMix64(seed: 42)
        var accused = 0
        let paths = 1000
        for _ in 0..<paths {
            var invalid = 0
            for count in 1...1500 {
                if Double.random(in: 0..<1, using: &generator) < 0.02 { invalid += 1 }
                if InvalidShareEvidence(invalid: invalid, of: count, bound: 0.02).exceedsBound(alpha: 0.05) {
                    accused += 1
                    break
                }
            }
        }
        // At most 5 %, with three standard errors of 1000 paths.
        #expect(Double(accused) / Double(paths) < 0.05 + 3 * 0.0069)
    }

    @Test("five invalid predictions are no reason to act; a sixth in a row is")
    func fewInvalid() {
        #expect(!InvalidShareEvidence(invalid: 5, of: 5, bound: 0.01).exceedsBound(alpha: 0.05))
        #expect(InvalidShareEvidence(invalid: 6, of: 6, bound: 0.01).exceedsBound(alpha: 0.05))
        #expect(!InvalidShareEvidence(invalid: 10, of: 1000, bound: 0.01).exceedsBound(alpha: 0.05))
        #expect(InvalidShareEvidence(invalid: 30, of: 1000, bound: 0.01).exceedsBound(alpha: 0.05))
    }

    @Test("each guard has half of alpha, and a breach says what it rests on")
    func breach() throws {
        let plan = RolloutPlan(alpha: 0.05)
        #expect(plan.alphaPerGuard == 0.025)
        #expect(RolloutEvidence.labelled(10_000).breach(of: plan) == nil)
        #expect(try #require(RolloutEvidence.labelled(100, invalid: 40).breach(of: plan)).contains("40 of 100 predictions"))
        #expect(try #require(RolloutEvidence.harmful.breach(of: plan)).contains("against a limit of 40.0"))
    }

    @Test("refuses counts that do not fit each other")
    func counts() {
        let wrong = [
            RolloutEvidence(candidatePredictions: 5, candidateInvalid: 6), RolloutEvidence(candidateLabelled: -1),
            RolloutEvidence(stableLabelled: -1), RolloutEvidence(candidatePredictions: 1, candidateInvalid: -1),
        ]
        for evidence in wrong { #expect(throws: Problem.self) { try evidence.validate() } }
    }
}
