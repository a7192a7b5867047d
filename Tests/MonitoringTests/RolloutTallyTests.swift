// SPDX-License-Identifier: Apache-2.0

import Delivery
import Monitoring
import Statistics
import Testing

@Suite("Evidence about a candidate")
struct RolloutTallyTests {
    private func answer(_ id: Int, candidate: Bool, score: Double?, percent: Int = 10) -> RolloutAnswer {
        RolloutAnswer(id: "answer-\(id)", revision: candidate ? 2 : 1, candidatePercent: percent, score: score)
    }

    @Test("an answer that is no probability is a bad event at once, and its label adds none", arguments: [nil, -0.1, 1.1, Double.infinity])
    func invalid(score: Double?) {
        var tally = RolloutTally(candidate: 2)
        tally.add(answer(1, candidate: true, score: score))
        #expect(tally.evidence.candidatePredictions == 1 && tally.evidence.candidateInvalid == 1)
        #expect(tally.evidence.canary.eventCount == 1)
        tally.add(answer(1, candidate: true, score: score), label: 1)
        #expect(tally.evidence.canary.eventCount == 1 && tally.evidence.candidateLabelled == 1)
        tally.add(answer(2, candidate: false, score: score))
        #expect(tally.evidence.canary.eventCount == 2 && tally.evidence.candidatePredictions == 1 && tally.evidence.candidateInvalid == 1)
    }

    @Test("a loss of 0 is never an event, a loss of 1 always is")
    func certainLosses() {
        var tally = RolloutTally(candidate: 2)
        for id in 0..<500 { tally.add(answer(id, candidate: id % 10 == 0, score: 1), label: 1) }
        #expect(tally.evidence.canary.eventCount == 0 && tally.evidence.candidateLabelled == 50 && tally.evidence.stableLabelled == 450)
        for id in 0..<500 { tally.add(answer(id, candidate: id % 10 == 0, score: 1), label: 0) }
        #expect(tally.evidence.canary.eventCount == 500)
    }

    @Test("events come as often as the mean squared error says, on both sides alike")
    func proportionalEvents() {
        for isCandidate in [true, false] {
            var tally = RolloutTally(candidate: 2)
            for id in 0..<20_000 { tally.add(answer(id, candidate: isCandidate, score: 0.5), label: Double(id % 2)) }
            // Four standard deviations of a binomial of 20,000 draws of 0.25 are 245.
            #expect(abs(tally.evidence.canary.eventCount - 5000) < 245)
        }
    }

    @Test("a candidate that answers the other class is soon shown to be worse; an equal one is not")
    func verdicts() {
        var swapped = RolloutTally(candidate: 2)
        var equal = RolloutTally(candidate: 2)
        for id in 0..<3000 {
            let isCandidate = id % 10 == 0
            let label = Double(id % 5 == 1 ? 1 : 0)
            let score = label == 1 ? 0.6 : 0.15
            swapped.add(answer(id, candidate: isCandidate, score: isCandidate ? 1 - score : score), label: label)
            equal.add(answer(id, candidate: isCandidate, score: score), label: label)
        }
        #expect(swapped.evidence.canary.verdict(alpha: 0.01) == .worse)
        #expect(equal.evidence.canary.verdict(alpha: 0.01) != .worse)
    }

    @Test("the same rows give the same evidence")
    func deterministic() {
        func tally() -> RolloutTally {
            var tally = RolloutTally(candidate: 2)
            for id in 0..<1000 { tally.add(answer(id, candidate: id % 3 == 0, score: 0.3), label: Double(id % 4 == 0 ? 1 : 0)) }
            return tally
        }
        #expect(tally() == tally())
    }
}
