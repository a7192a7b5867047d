// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Whether a shadow does more harm than the stable revision on the same requests, judged at any time from pairs that differ.
///
/// Both revisions answered every request, so only pairs in which exactly one was bad speak: while the shadow is no worse, the bad one is
/// the shadow's with probability at most 1/2, whatever the traffic. Harm is the beta-binomial likelihood ratio against 1/2 with the
/// alternatives spread evenly over (1/2, 1). Safety turns it round: the null is a ratio of at least `tolerance`, that is a share of at
/// least p₀ = tolerance / (1 + tolerance), the alternatives lie evenly in (0, p₀). Both expectations are at most 1 under their null, so
/// by Ville's inequality each errs with probability at most its α, however often one looks. The answers of one entity depend on each
/// other: give one pair an entity.
package struct PairedEvidence: Codable, Equatable, Sendable {
    package let tolerance: Double
    package private(set) var pairCount = 0
    /// Pairs in which only the shadow was bad.
    package private(set) var shadowOnly = 0
    package private(set) var stableOnly = 0
    /// Natural logarithms of the largest evidence so far: a rejection, once reached, stands.
    package private(set) var peakLogHarm = 0.0
    package private(set) var peakLogSafety = 0.0

    /// - Parameter tolerance: How many times as often the shadow must be shown not to be bad alone; above 1.
    package init(tolerance: Double = 1.5) {
        precondition(tolerance > 1 && tolerance.isFinite, "A shadow can only be shown to stay below a ratio above 1.")
        self.tolerance = tolerance
    }

    package mutating func observe(shadowIsBad: Bool, stableIsBad: Bool) {
        pairCount += 1
        guard shadowIsBad != stableIsBad else { return }
        if shadowIsBad { shadowOnly += 1 } else { stableOnly += 1 }
        peakLogHarm = max(peakLogHarm, logHarm)
        peakLogSafety = max(peakLogSafety, logSafety)
    }

    /// Takes in what became known of a pair after it was counted, such as its label.
    package mutating func observeLate(shadowLoss: Double, stableLoss: Double, uniform: Double) {
        observe(shadowLoss: shadowLoss, stableLoss: stableLoss, uniform: uniform)
        pairCount -= 1
    }

    /// Takes in the losses of both answers to one request. Loss counts as bad with a probability equal to it, by the same draw for both,
    /// so that the tests speak of the difference of mean losses. A loss that is NaN or above 1 counts as 1.
    ///
    /// - Parameter uniform: A fresh draw from [0, 1), independent of the losses.
    package mutating func observe(shadowLoss: Double, stableLoss: Double, uniform: Double) {
        observe(shadowIsBad: shadowLoss.isNaN || uniform < shadowLoss, stableIsBad: stableLoss.isNaN || uniform < stableLoss)
    }

    /// Natural logarithm of the evidence that the shadow is worse, now.
    package var logHarm: Double {
        let (bad, good) = (Double(shadowOnly), Double(stableOnly))
        // The integral of p^bad (1 − p)^good over (1/2, 1), times the density 2, over (1/2)^(bad + good).
        return (bad + good + 1) * log(2) + logBeta(bad + 1, good + 1) + log(IncompleteBeta.lower(0.5, a: good + 1, b: bad + 1))
    }

    /// Natural logarithm of the evidence that the shadow is bad alone less than `tolerance` times as often as the stable revision, now.
    package var logSafety: Double {
        let (bad, good) = (Double(shadowOnly), Double(stableOnly))
        let limit = tolerance / (1 + tolerance)
        return logBeta(bad + 1, good + 1) + log(IncompleteBeta.lower(limit, a: bad + 1, b: good + 1)) - (bad + 1) * log(limit)
            - good * log1p(-limit)
    }

    /// Harm is looked at first: a shadow once shown to be worse stays so.
    package func verdict(alpha: Double) -> CanaryEvidence.Verdict {
        precondition(alpha > 0 && alpha < 1, "An error rate lies between 0 and 1.")
        if peakLogHarm >= -log(alpha) { return .worse }
        return peakLogSafety >= -log(alpha) ? .notWorse : .undecided
    }

    private func logBeta(_ a: Double, _ b: Double) -> Double {
        IncompleteGamma.logGamma(a) + IncompleteGamma.logGamma(b) - IncompleteGamma.logGamma(a + b)
    }
}
