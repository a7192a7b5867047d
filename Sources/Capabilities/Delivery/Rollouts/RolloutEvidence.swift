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
    package var stablePredictions: Int?
    package var stableInvalid: Int?
    /// From the losses of labelled predictions of both revisions, each with the candidate's share when it was routed.
    package var canary: CanaryEvidence
    /// From requests that a shadow answered too.
    package var pairs: PairedEvidence?
    /// As `canary`, for each segment that the plan names.
    package var segments: [String: CanaryEvidence]?
    package var scores: ScoreSpread?
    /// Where the plan has a guard on it.
    package var latency: LatencyEvidence?
    /// Where the plan has a guard on refused inputs or saturation.
    package var loads: LoadEvidence?

    package init(
        candidateLabelled: Int = 0, stableLabelled: Int = 0, candidatePredictions: Int = 0, candidateInvalid: Int = 0,
        stablePredictions: Int? = nil, stableInvalid: Int? = nil,
        canary: CanaryEvidence = CanaryEvidence(), pairs: PairedEvidence? = nil, segments: [String: CanaryEvidence]? = nil,
        scores: ScoreSpread? = nil, latency: LatencyEvidence? = nil, loads: LoadEvidence? = nil
    ) {
        self.candidateLabelled = candidateLabelled
        self.stableLabelled = stableLabelled
        self.candidatePredictions = candidatePredictions
        self.candidateInvalid = candidateInvalid
        self.stablePredictions = stablePredictions
        self.stableInvalid = stableInvalid
        self.canary = canary
        self.pairs = pairs
        self.segments = segments
        self.scores = scores
        self.latency = latency
        self.loads = loads
    }

    package func validate() throws(Problem) {
        guard candidateLabelled >= 0, stableLabelled >= 0, candidatePredictions >= 0, (0...candidatePredictions).contains(candidateInvalid)
        else {
            throw Problem(.invalid, "delivery.rollout.evidence", "The evidence has counts that do not fit each other.")
        }
    }

    var labelled: RolloutState.Labelled { RolloutState.Labelled(candidate: candidateLabelled, stable: stableLabelled) }

    /// Whether it was gathered before `other`; counts only grow.
    package func isOlder(than other: RolloutEvidence) -> Bool {
        candidateLabelled < other.candidateLabelled || stableLabelled < other.stableLabelled
            || candidatePredictions < other.candidatePredictions || candidateInvalid < other.candidateInvalid
            || canary.eventCount < other.canary.eventCount || (pairs?.pairCount ?? 0) < (other.pairs?.pairCount ?? 0)
    }

    /// Why the candidate must go back; nil without a breach.
    package func breach(of plan: RolloutPlan) -> String? {
        let invalid = invalidity(plan)
        if invalid.exceedsBound(alpha: plan.alphaPerGuard), !isStableInvalid(plan) {
            return "\(candidateInvalid) of \(candidatePredictions) predictions of the candidate are invalid; "
                + "the share is above \(plan.invalidShare), with an error rate of at most \(plan.alphaPerGuard)."
        }
        if canary.harm.rejects(at: plan.alphaPerGuard) {
            return "The candidate's losses are higher than the stable revision's: evidence \(Self.power(canary.harm.peakLogEvidence)) "
                + "against a limit of \(1 / plan.alphaPerGuard), with an error rate of at most \(plan.alphaPerGuard)."
        }
        if let scores, scores.isStuck {
            return
                "The candidate gave the same score \(scores.candidate.reduce(0, +)) times, where the stable revision gives different ones."
        }
        if let pairs, pairs.verdict(alpha: plan.alphaPerGuard) == .worse {
            return
                "Of \(pairs.shadowOnly + pairs.stableOnly) requests that only one of the two answered badly, \(pairs.shadowOnly) were the "
                + "candidate's: evidence \(Self.power(pairs.peakLogHarm)) against a limit of \(1 / plan.alphaPerGuard), with an error rate of "
                + "at most \(plan.alphaPerGuard)."
        }
        for value in plan.segments?.values ?? [] {
            guard let segment = segments?[value], segment.harm.rejects(at: plan.alphaPerSegment) else { continue }
            return "The candidate's losses are higher where '\(plan.segments?.input ?? "")' is '\(value.printable)': evidence "
                + "\(Self.power(segment.harm.peakLogEvidence)) against a limit of \(1 / plan.alphaPerSegment), with an error rate of at most "
                + "\(plan.alphaPerSegment)."
        }
        if plan.latency != nil, let breach = latency?.breach(at: plan.alphaPerGuard) { return breach }
        if plan.schemaViolations, let breach = loads?.misfitBreach(at: plan.alphaPerGuard) { return breach }
        return nil
    }

    package var badEvents: Int { canary.eventCount }
    package var pairCount: Int? { pairs?.pairCount }

    /// Natural logarithm of the strongest evidence of harm that any test of losses has seen.
    package var logHarm: Double { max(canary.harm.peakLogEvidence, pairs?.peakLogHarm ?? 0) }

    /// What `logHarm` must reach to roll back.
    package func logLimit(of plan: RolloutPlan) -> Double { -log(plan.alphaPerGuard) }

    func ledgerPayload(_ plan: RolloutPlan) -> JSONValue {
        var payload: [String: JSONValue] = [
            "candidateLabelled": .integer(Int64(candidateLabelled)), "stableLabelled": .integer(Int64(stableLabelled)),
            "candidatePredictions": .integer(Int64(candidatePredictions)), "candidateInvalid": .integer(Int64(candidateInvalid)),
            "badEvents": .integer(Int64(canary.eventCount)), "logHarmEvidence": .string(String(canary.harm.peakLogEvidence)),
            "logSafetyEvidence": .string(String(canary.safety.peakLogEvidence)),
            "logInvalidEvidence": .string(String(invalidity(plan).logEvidence)), "alphaPerGuard": .string(String(plan.alphaPerGuard)),
        ]
        if let pairs {
            payload["pairs"] = .integer(Int64(pairs.pairCount))
            payload["badInShadowOnly"] = .integer(Int64(pairs.shadowOnly))
            payload["badInStableOnly"] = .integer(Int64(pairs.stableOnly))
            payload["logPairedHarmEvidence"] = .string(String(pairs.peakLogHarm))
        }
        if let segments { payload["logSegmentHarmEvidence"] = .object(segments.mapValues { .string(String($0.harm.peakLogEvidence)) }) }
        if let latency { payload["logSlownessEvidence"] = .array(latency.tests.map { .string(String($0.peakLogEvidence)) }) }
        if let loads {
            payload["candidateMisfits"] = .integer(Int64(loads.misfits(ofCandidate: true)))
            payload["stableMisfits"] = .integer(Int64(loads.misfits(ofCandidate: false)))
            payload["logMisfitEvidence"] = .string(String(loads.misfits.peakLogEvidence))
        }
        return .object(payload)
    }

    /// Whether the stable revision gives more invalid answers than a candidate may: then theirs say nothing about the candidate.
    func isStableInvalid(_ plan: RolloutPlan) -> Bool {
        guard let stablePredictions, let stableInvalid else { return false }
        return InvalidShareEvidence(invalid: stableInvalid, of: stablePredictions, bound: plan.invalidShare)
            .exceedsBound(alpha: plan.alphaPerGuard)
    }

    private func invalidity(_ plan: RolloutPlan) -> InvalidShareEvidence {
        InvalidShareEvidence(invalid: candidateInvalid, of: candidatePredictions, bound: plan.invalidShare)
    }

    package static func power(_ logarithm: Double) -> String {
        let value = exp(min(logarithm, 700))
        return value < 1000 ? String((value * 10).rounded() / 10) : "10^\(Int((logarithm / log(10)).rounded(.down)))"
    }
}
