// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Durations counted in bins of 4 % each, from a microsecond to a quarter of an hour: small enough to be kept with a rollout.
package struct LatencyHistogram: Equatable, Sendable {
    private static let growth = log(1.04)
    /// The last bin takes everything longer.
    private static let bins = 527

    package private(set) var count = 0
    private var counts: [Int] = []

    package init() {}

    package mutating func add(_ microseconds: Int64) {
        let bin = min(Self.bins - 1, Int(log(Double(max(1, microseconds))) / Self.growth))
        if bin >= counts.count { counts += Array(repeating: 0, count: bin + 1 - counts.count) }
        counts[bin] += 1
        count += 1
    }

    /// The quantile in microseconds, at most 4 % too high; nil without durations.
    package func quantile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        return edges(ofRank: min(count, max(1, Int((share * Double(count)).rounded(.up))))).upperBound
    }

    /// Where the quantile lies with at least this confidence, by the order of the durations alone, whatever their distribution (David and
    /// Nagaraja 2003, section 7.1); nil when there are too few.
    package func interval(of share: Double, confidence: Double) -> ClosedRange<Double>? {
        precondition(share > 0 && share < 1 && confidence > 0 && confidence < 1, "Shares lie between 0 and 1.")
        let tail = (1 - confidence) / 2
        // So many durations, at least, lie at or below the quantile but with a chance of `tail`; and so many at most.
        let low = firstCount { BinomialShare.atMost($0, of: count, chance: share) > tail }
        let high = firstCount { BinomialShare.atMost($0, of: count, chance: share) >= 1 - tail } + 1
        guard low >= 1, high <= count else { return nil }
        return edges(ofRank: low).lowerBound...edges(ofRank: high).upperBound
    }

    /// The least number of durations for which `holds`, which stays true once it is.
    private func firstCount(_ holds: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func edges(ofRank rank: Int) -> ClosedRange<Double> {
        var seen = 0
        for (bin, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return exp(Double(bin) * Self.growth)...exp(Double(bin + 1) * Self.growth) }
        }
        preconditionFailure("A rank is that of one of the durations.")
    }
}

extension LatencyHistogram: Codable {
    private enum CodingKeys: String, CodingKey { case first, counts }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let first = try container.decode(Int.self, forKey: .first)
        let kept = try container.decode([Int].self, forKey: .counts)
        guard first >= 0, kept.count <= Self.bins, first <= Self.bins - kept.count, kept.allSatisfy({ $0 >= 0 && $0 < 1 << 50 }) else {
            throw DecodingError.dataCorruptedError(forKey: .counts, in: container, debugDescription: "There are no such bins.")
        }
        counts = kept.isEmpty ? [] : Array(repeating: 0, count: first) + kept
        count = kept.reduce(0, +)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let first = counts.firstIndex { $0 > 0 } ?? 0
        try container.encode(first, forKey: .first)
        try container.encode(Array(counts.dropFirst(first)), forKey: .counts)
    }
}
