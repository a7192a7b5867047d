// SPDX-License-Identifier: Apache-2.0

package import Delivery
import Statistics

/// Evidence about a candidate, one prediction or label at a time; pure.
///
/// An answer that is no probability is a bad event of loss 1 at once, without its label. Of every other labelled answer the loss is the
/// squared difference of score and label, which lies in 0…1, and a draw that depends on the prediction's id alone turns it into an
/// event or not; so the same rows give the same evidence after a restart.
package struct RolloutTally: Equatable, Sendable {
    package let candidate: Int
    package private(set) var evidence = RolloutEvidence()

    package init(candidate: Int) {
        self.candidate = candidate
    }

    /// Takes in a prediction as it was logged.
    package mutating func add(_ answer: RolloutAnswer) {
        let isCanary = answer.revision == candidate
        if isCanary { evidence.candidatePredictions += 1 }
        guard answer.isInvalid else { return }
        if isCanary { evidence.candidateInvalid += 1 }
        evidence.canary.observe(loss: 1, uniform: 0, isCanary: isCanary, weight: answer.candidateShare)
    }

    /// Takes in the label of a prediction; corrections of a label must not be given.
    package mutating func add(_ answer: RolloutAnswer, label: Double) {
        let isCanary = answer.revision == candidate
        if isCanary { evidence.candidateLabelled += 1 } else { evidence.stableLabelled += 1 }
        guard !answer.isInvalid, let score = answer.score else { return }
        let target: Double = label >= 0.5 ? 1 : 0
        evidence.canary.observe(
            loss: (score - target) * (score - target), uniform: StableHash.uniform(answer.id, salt: "rollout-loss"), isCanary: isCanary,
            weight: answer.candidateShare)
    }
}

/// What a rollout needs of one logged prediction.
package struct RolloutAnswer: Equatable, Sendable {
    package var id: String
    package var revision: Int
    /// The candidate's share of traffic when this request was routed, 0…1.
    package var candidateShare: Double
    package var score: Double?

    package init(id: String, revision: Int, candidatePercent: Int, score: Double?) {
        self.id = id
        self.revision = revision
        candidateShare = Double(min(max(candidatePercent, 0), 100)) / 100
        self.score = score
    }

    package var isInvalid: Bool { score.map { !(0...1).contains($0) } ?? true }
}
