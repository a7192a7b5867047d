// SPDX-License-Identifier: Apache-2.0

/// Whether a canary does more harm than the stable revision, judged from bad events as they come in, at any time.
///
/// Two tests run on the same events. Harm: the null is "no worse", the alternatives 1.25 to 10 times worse. Safety: the
/// null is "at least `tolerance` times worse", the alternatives as good or better, so that a promotion can state evidence.
/// Either may be looked at after every event; each errs with probability at most its α. Without bad events neither side
/// gains evidence, however much traffic passed. Events of one person or session are not independent: count one per entity.
package struct CanaryEvidence: Codable, Equatable, Sendable {
    package enum Verdict: String, Codable, CaseIterable, Sendable {
        case worse, notWorse, undecided
    }

    package static let harmRatios = [1.25, 1.5, 2, 3, 5, 10]
    package static let safetyRatios = [0.5, 0.75, 1]

    package private(set) var harm: RateRatioEvidence
    package private(set) var safety: RateRatioEvidence

    /// - Parameter tolerance: How many times the stable rate the canary must be shown to stay under; above 1.
    package init(tolerance: Double = 1.5) {
        precondition(tolerance > 1, "A canary can only be shown to stay below a ratio above 1.")
        harm = RateRatioEvidence(nullRatio: 1, alternatives: Self.harmRatios)
        safety = RateRatioEvidence(nullRatio: tolerance, alternatives: Self.safetyRatios)
    }

    package var tolerance: Double { safety.nullRatio }
    package var eventCount: Int { harm.eventCount }

    /// Takes in one bad event: an error, a timeout, a wrong answer.
    ///
    /// - Parameter weight: The canary's share of traffic, 0…1, when this request was routed, not when its label arrived.
    package mutating func observe(isCanary: Bool, weight: Double) {
        harm.observe(isCanary: isCanary, weight: weight)
        safety.observe(isCanary: isCanary, weight: weight)
    }

    /// Takes in bad events of one share of traffic together; the evidence is looked at once, after them.
    package mutating func observe(canary: Int, of events: Int, weight: Double) {
        harm.observe(canary: canary, of: events, weight: weight)
        safety.observe(canary: canary, of: events, weight: weight)
    }

    /// Takes in the loss of one answered request: it counts as a bad event with a probability equal to the loss.
    ///
    /// The tests then speak of the ratio of mean losses. A loss that is NaN or above 1 counts as 1.
    ///
    /// - Parameter uniform: A fresh draw from [0, 1), independent of the loss and of the arm.
    package mutating func observe(loss: Double, uniform: Double, isCanary: Bool, weight: Double) {
        guard loss.isNaN || uniform < loss else { return }
        observe(isCanary: isCanary, weight: weight)
    }

    /// Harm is looked at first: a canary once shown to be worse stays so.
    package func verdict(alpha: Double) -> Verdict {
        if harm.rejects(at: alpha) { return .worse }
        return safety.rejects(at: alpha) ? .notWorse : .undecided
    }
}
