// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Whether a canary is slower than it may be, judged from the durations of its answers and the stable revision's, at any time.
///
/// For a quantile and a limit, an answer of the stable revision is slow when it takes longer than τ, one of the canary when it takes longer
/// than limit · τ, where τ is the stable revision's quantile in all answers of this share of traffic before. While the canary's durations
/// are at most `limit` times the stable revision's (stochastically, at each moment; both may change together), a slow answer is the
/// canary's with a probability of at most its share of traffic, so `RateRatioEvidence` holds: it may be looked at after every answer, and
/// neither a slow hour of both nor a share that changes raises its error rate.
package struct LatencyEvidence: Codable, Equatable, Sendable {
    package struct Limit: Codable, Equatable, Sendable {
        package let quantile: Double
        /// How many times as long as the stable revision the canary may take at the quantile.
        package let ratio: Double

        package init(quantile: Double, ratio: Double) {
            precondition(quantile > 0 && quantile < 1 && ratio >= 1 && ratio.isFinite, "A quantile lies in (0, 1), a limit is 1 or more.")
            self.quantile = quantile
            self.ratio = ratio
        }

        /// Slow answers may become as many times as frequent as their share leaves room for.
        fileprivate var alternatives: [Double] {
            let most = 1 / (1 - quantile)
            return most <= 10 ? [1.15, 1.4, 1.7].map { 1 + ($0 - 1) * (most - 1) } : [1.5, 2, 3, 5, 10, 30]
        }
    }

    /// What is known of one limit, in microseconds; the intervals hold each with 97.5 %, so theirs for the ratio with 95 %.
    package struct Comparison: Equatable, Sendable {
        package var candidate: Double
        package var stable: Double
        package var ratio: Double
        package var interval: ClosedRange<Double>?
    }

    /// Fewer answers of the stable revision give no τ.
    package static let warmUp = 100

    package let limits: [Limit]
    package private(set) var tests: [RateRatioEvidence]
    /// Of the present share of traffic only: what is compared was measured at the same time.
    package private(set) var stable = LatencyHistogram()
    package private(set) var candidate = LatencyHistogram()
    /// The present share; nil before any answer.
    package private(set) var weight: Double?
    private var thresholds: [Double] = []
    private var nextThresholds = warmUp

    package init(limits: [Limit]) {
        precondition(!limits.isEmpty, "There is a limit.")
        self.limits = limits
        tests = limits.map { RateRatioEvidence(nullRatio: 1, alternatives: $0.alternatives) }
    }

    /// Takes in one answer, of a request that had one row: how long those with more take depends on how they were divided.
    ///
    /// - Parameters:
    ///   - weight: The canary's share of traffic, 0…1, when the request was routed.
    ///   - counts: Whether a slow answer counts for the limit at this position; false for a further one of the same entity.
    package mutating func observe(
        microseconds: Int64, isCanary: Bool, weight: Double, counting counts: (Int) -> Bool = { _ in true }
    ) {
        guard weight > 0, weight < 1 else { return }
        if weight != self.weight {
            self.weight = weight
            (stable, candidate, thresholds, nextThresholds) = (LatencyHistogram(), LatencyHistogram(), [], Self.warmUp)
        }
        if stable.count >= nextThresholds {
            thresholds = limits.map { stable.quantile($0.quantile) ?? .infinity }
            nextThresholds = stable.count + max(1, stable.count / 50)
        }
        for (place, threshold) in thresholds.enumerated() {
            guard Double(microseconds) > threshold * (isCanary ? limits[place].ratio : 1), counts(place) else { continue }
            tests[place].observe(isCanary: isCanary, weight: weight)
        }
        if isCanary { candidate.add(microseconds) } else { stable.add(microseconds) }
    }

    /// Nil before both have answered at the present share.
    package func comparison(_ place: Int) -> Comparison? {
        let share = limits[place].quantile
        guard let slow = candidate.quantile(share), let usual = stable.quantile(share) else { return nil }
        var interval: ClosedRange<Double>?
        if let own = candidate.interval(of: share, confidence: 0.975), let other = stable.interval(of: share, confidence: 0.975) {
            interval = (own.lowerBound / other.upperBound)...(own.upperBound / other.lowerBound)
        }
        return Comparison(candidate: slow, stable: usual, ratio: slow / usual, interval: interval)
    }

    /// The first limit that the canary is shown to break, each tested at an equal part of `alpha`.
    package func broken(at alpha: Double) -> Int? {
        tests.firstIndex { $0.rejects(at: alpha / Double(limits.count)) }
    }
}
