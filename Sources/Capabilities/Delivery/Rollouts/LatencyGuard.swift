// SPDX-License-Identifier: Apache-2.0

import Domain
package import Statistics

/// How much longer than the stable revision a candidate may take.
package struct LatencyGuard: Codable, Equatable, Sendable {
    /// How many times as long at the median, and where one in a hundred takes longer; at least one is given.
    package var p50: Double?
    package var p99: Double?
    /// Answers of each revision, to requests of one row, needed in a step before the next.
    package var minimum: Int

    package init(p50: Double? = nil, p99: Double? = nil, minimum: Int = 200) {
        self.p50 = p50
        self.p99 = p99
        self.minimum = minimum
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        p50 = try container.decodeIfPresent(Double.self, forKey: .p50)
        p99 = try container.decodeIfPresent(Double.self, forKey: .p99)
        minimum = try container.decodeIfPresent(Int.self, forKey: .minimum) ?? 200
    }

    func validate() throws(Problem) {
        guard p50 != nil || p99 != nil, [p50, p99].allSatisfy({ $0.map { (1...1000).contains($0) } ?? true }),
            (LatencyEvidence.warmUp...10_000_000).contains(minimum)
        else {
            throw Problem(
                .invalid, "delivery.rollout.plan", "The rollout plan cannot be used.",
                why: "'latency' has 'p50', 'p99' or both, each 1 to 1000 times as long, and a 'minimum' of "
                    + "\(LatencyEvidence.warmUp) to 10000000.")
        }
    }

    package var limits: [LatencyEvidence.Limit] {
        [(0.5, p50), (0.99, p99)].compactMap { quantile, ratio in ratio.map { LatencyEvidence.Limit(quantile: quantile, ratio: $0) } }
    }
}

extension LatencyEvidence {
    /// Why the candidate must go back; nil without a breach.
    func breach(at alpha: Double) -> String? {
        guard let place = broken(at: alpha) else { return nil }
        let part = alpha / Double(limits.count)
        return "The candidate is slower than it may be. \(sentence(place)): evidence "
            + "\(RolloutEvidence.power(tests[place].peakLogEvidence)) against a limit of \(1 / part), with an error rate of at most \(part)."
    }

    /// What is missing before the next step; nil when nothing is.
    func missing(_ rule: LatencyGuard, percent: Int) -> String? {
        guard percent > 0, percent < 100 else { return nil }
        let isPresent = weight == Double(percent) / 100
        let (own, others) = isPresent ? (candidate.count, stable.count) : (0, 0)
        if min(own, others) < rule.minimum {
            return "This step has measured \(own) answers of the candidate and \(others) of the stable revision; "
                + "its guard on latency needs \(rule.minimum) of each, to requests of one row."
        }
        let place = limits.indices.first { (comparison($0)?.ratio ?? .infinity) > limits[$0].ratio }
        return place.map { "The candidate looks slower than it may be, which is not shown: \(sentence($0))." }
    }

    private func sentence(_ place: Int) -> String {
        let limit = limits[place]
        let name = limit.quantile == 0.5 ? "the median" : "the quantile \(limit.quantile)"
        guard let known = comparison(place) else { return "Nothing is known of \(name) at this share" }
        let interval = known.interval.map { ", between \(Self.two($0.lowerBound)) and \(Self.two($0.upperBound)) with 95 %," } ?? ""
        return "At \(name) it takes \(Self.milliseconds(known.candidate)) where the stable revision takes "
            + "\(Self.milliseconds(known.stable)), \(Self.two(known.ratio)) times as long\(interval) and \(limit.ratio) times is the limit"
    }

    private static func milliseconds(_ microseconds: Double) -> String { "\((microseconds / 10).rounded() / 100) ms" }
    private static func two(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
