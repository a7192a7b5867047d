// SPDX-License-Identifier: Apache-2.0

package import Domain
import Foundation
package import Statistics

/// What is known about a rollout since it began; cumulative, gathered by whoever joins predictions with labels.
package struct RolloutEvidence: Codable, Equatable, Sendable {
    /// Predictions of the candidate whose label has arrived.
    package var candidateLabelled: Int
    package var stableLabelled: Int
    package var candidatePredictions: Int
    /// Of those: not a number, out of range, or an error instead of an answer.
    package var candidateInvalid: Int
    /// From the losses of labelled predictions of both revisions, each with the candidate's share when it was routed.
    package var canary: CanaryEvidence

    package init(
        candidateLabelled: Int = 0, stableLabelled: Int = 0, candidatePredictions: Int = 0, candidateInvalid: Int = 0,
        canary: CanaryEvidence = CanaryEvidence()
    ) {
        self.candidateLabelled = candidateLabelled
        self.stableLabelled = stableLabelled
        self.candidatePredictions = candidatePredictions
        self.candidateInvalid = candidateInvalid
        self.canary = canary
    }

    package func validate() throws(Problem) {
        guard candidateLabelled >= 0, stableLabelled >= 0, candidatePredictions >= 0, (0...candidatePredictions).contains(candidateInvalid)
        else {
            throw Problem(.invalid, "delivery.rollout.evidence", "The evidence has counts that do not fit each other.")
        }
    }

    var labelled: RolloutState.Labelled { RolloutState.Labelled(candidate: candidateLabelled, stable: stableLabelled) }

    /// Whether it was gathered before `other`; counts only grow.
    func isOlder(than other: RolloutEvidence) -> Bool {
        candidateLabelled < other.candidateLabelled || stableLabelled < other.stableLabelled
            || candidatePredictions < other.candidatePredictions || candidateInvalid < other.candidateInvalid
            || canary.eventCount < other.canary.eventCount
    }

    /// Why the candidate must go back; nil without a breach.
    package func breach(of plan: RolloutPlan) -> String? {
        let invalid = invalidity(plan)
        if invalid.exceedsBound(alpha: plan.alphaPerGuard) {
            return "\(candidateInvalid) of \(candidatePredictions) predictions of the candidate are invalid; "
                + "the share is above \(plan.invalidShare), with an error rate of at most \(plan.alphaPerGuard)."
        }
        if canary.harm.rejects(at: plan.alphaPerGuard) {
            return "The candidate's losses are higher than the stable revision's: evidence \(Self.power(canary.harm.peakLogEvidence)) "
                + "against a limit of \(1 / plan.alphaPerGuard), with an error rate of at most \(plan.alphaPerGuard)."
        }
        return nil
    }

    func ledgerPayload(_ plan: RolloutPlan) -> JSONValue {
        .object([
            "candidateLabelled": .integer(Int64(candidateLabelled)), "stableLabelled": .integer(Int64(stableLabelled)),
            "candidatePredictions": .integer(Int64(candidatePredictions)), "candidateInvalid": .integer(Int64(candidateInvalid)),
            "badEvents": .integer(Int64(canary.eventCount)), "logHarmEvidence": .string(String(canary.harm.peakLogEvidence)),
            "logSafetyEvidence": .string(String(canary.safety.peakLogEvidence)),
            "logInvalidEvidence": .string(String(invalidity(plan).logEvidence)), "alphaPerGuard": .string(String(plan.alphaPerGuard)),
        ])
    }

    private func invalidity(_ plan: RolloutPlan) -> InvalidShareEvidence {
        InvalidShareEvidence(invalid: candidateInvalid, of: candidatePredictions, bound: plan.invalidShare)
    }

    private static func power(_ logarithm: Double) -> String {
        let value = exp(min(logarithm, 700))
        return value < 1000 ? String((value * 10).rounded() / 10) : "10^\(Int((logarithm / log(10)).rounded(.down)))"
    }
}
