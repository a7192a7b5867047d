// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Evidence that may be looked at after every event: an e-process about the ratio of two arms' rates of bad events.
///
/// The router drew each request's arm itself, so a bad event belongs to the canary with probability
/// ρ·w / (1 − w + ρ·w), where w was the canary's share of traffic at that request and ρ the ratio of the two rates,
/// whatever the rate itself is at that hour. The evidence is the mean, over the alternatives, of the likelihood ratio of
/// all bad events against the null ratio. While the null holds its expectation is at most 1, so by Ville's inequality
/// it ever reaches 1/α with probability at most α (Ramdas et al., "Game-theoretic statistics and safe anytime-valid
/// inference", Statistical Science 38, 2023). The share may change over time, but must not depend on the event itself.
package struct RateRatioEvidence: Codable, Equatable, Sendable {
    package let nullRatio: Double
    package let alternatives: [Double]
    /// Bad events that bore on the question.
    package private(set) var eventCount = 0
    /// Natural logarithm of the evidence now; 0 at the start.
    package private(set) var logEvidence = 0.0
    /// The largest it has been: a rejection, once reached, stands.
    package private(set) var peakLogEvidence = 0.0
    private var logLikelihoodRatios: [Double]

    package init(nullRatio: Double, alternatives: [Double]) {
        precondition(nullRatio > 0 && nullRatio.isFinite, "The ratio of two rates is positive.")
        precondition(!alternatives.isEmpty && alternatives.allSatisfy { $0 > 0 && $0.isFinite }, "A test needs positive alternatives.")
        precondition(
            alternatives.allSatisfy { $0 > nullRatio } || alternatives.allSatisfy { $0 < nullRatio },
            "Alternatives lie on one side of the null ratio.")
        self.nullRatio = nullRatio
        self.alternatives = alternatives
        logLikelihoodRatios = Array(repeating: 0, count: alternatives.count)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        nullRatio = try container.decode(Double.self, forKey: .nullRatio)
        alternatives = try container.decode([Double].self, forKey: .alternatives)
        eventCount = try container.decode(Int.self, forKey: .eventCount)
        logEvidence = try container.decode(Double.self, forKey: .logEvidence)
        peakLogEvidence = try container.decode(Double.self, forKey: .peakLogEvidence)
        logLikelihoodRatios = try container.decode([Double].self, forKey: .logLikelihoodRatios)
        guard !alternatives.isEmpty, logLikelihoodRatios.count == alternatives.count else {
            throw DecodingError.dataCorruptedError(
                forKey: .logLikelihoodRatios, in: container, debugDescription: "Evidence needs one entry for each alternative.")
        }
    }

    /// Takes in one bad event; O(alternatives).
    ///
    /// - Parameter weight: The canary's share of traffic when the request was routed. An event at a share of 0 or 1 says
    ///   nothing about the ratio and is left out.
    package mutating func observe(isCanary: Bool, weight: Double) {
        observe(canary: isCanary ? 1 : 0, of: 1, weight: weight)
    }

    /// Takes in bad events of one share of traffic together, and looks at the evidence once, after the last of them; O(alternatives).
    package mutating func observe(canary: Int, of events: Int, weight: Double) {
        precondition((0...events).contains(canary), "The canary's events are among all events.")
        guard weight > 0, weight < 1, events > 0 else { return }
        let nullShare = 1 - weight + nullRatio * weight
        for (index, ratio) in alternatives.enumerated() {
            logLikelihoodRatios[index] +=
                Double(events) * log(nullShare / (1 - weight + ratio * weight)) + Double(canary) * log(ratio / nullRatio)
        }
        eventCount += events
        let largest = logLikelihoodRatios.reduce(-Double.infinity, max)
        let sum = logLikelihoodRatios.reduce(0) { $0 + exp($1 - largest) }
        logEvidence = largest + log(sum / Double(alternatives.count))
        peakLogEvidence = max(peakLogEvidence, logEvidence)
    }

    /// Whether the evidence has reached 1/α at any time, which happens with probability at most α while the null holds.
    package func rejects(at alpha: Double) -> Bool {
        precondition(alpha > 0 && alpha < 1, "An error rate lies between 0 and 1.")
        return peakLogEvidence >= -log(alpha)
    }
}
