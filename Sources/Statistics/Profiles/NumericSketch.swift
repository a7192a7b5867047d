// SPDX-License-Identifier: Apache-2.0

/// What is kept of one numeric column in bounded memory, about 12 KiB: exact counts over a frozen reference, moments, and sketches for what
/// the reference cannot say.
///
/// Adding a value takes a binary search in 256 bins, one in ten, and constant time besides. Counts are exact whatever the order of
/// merging; moments up to rounding; quantiles within their error. Use `ReplicatedProfile` where the result must not depend on the order at
/// all.
package struct NumericSketch: Mergeable {
    package let reference: NumericReference
    /// Decile counts, nulls (NaN counts as null) and the moments of finite values.
    package private(set) var profile: NumericProfile
    /// Counts over the 256 fine bins.
    package private(set) var fineCounts: [Int]
    /// Values outside the reference's range: what it has not seen.
    package private(set) var below = 0
    package private(set) var above = 0
    /// Values that are infinite; also counted in the outer bins, and below or above, but in neither moments nor quantiles.
    package private(set) var infinite = 0
    package private(set) var quantiles: KLLSketch
    package private(set) var distinct = HyperLogLog()

    /// - Parameters:
    ///   - k: Of the quantile sketch; the same for all that are to be merged.
    ///   - seed: Of its coins.
    package init(reference: NumericReference, k: Int = 200, seed: UInt64 = 0) {
        self.reference = reference
        profile = NumericProfile(bins: reference.deciles)
        fineCounts = Array(repeating: 0, count: reference.fine.count)
        quantiles = KLLSketch(k: k, seed: seed)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        reference = try container.decode(NumericReference.self, forKey: .reference)
        profile = try container.decode(NumericProfile.self, forKey: .profile)
        fineCounts = try container.decode([Int].self, forKey: .fineCounts)
        below = try container.decode(Int.self, forKey: .below)
        above = try container.decode(Int.self, forKey: .above)
        infinite = try container.decode(Int.self, forKey: .infinite)
        quantiles = try container.decode(KLLSketch.self, forKey: .quantiles)
        distinct = try container.decode(HyperLogLog.self, forKey: .distinct)
        guard profile.bins == reference.deciles, fineCounts.count == reference.fine.count, fineCounts.allSatisfy({ $0 >= 0 }),
            min(below, above, infinite) >= 0, fineCounts.reduce(0, +) == profile.valueCount,
            quantiles.count == profile.valueCount - infinite
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .fineCounts, in: container, debugDescription: "The counts of a sketch must agree with each other and its reference."
            )
        }
    }

    package var valueCount: Int { profile.valueCount }
    package var nulls: Int { profile.nulls }
    package var rowCount: Int { profile.rowCount }
    package var moments: Moments { profile.moments }
    /// Values the reference's range does not hold.
    package var unseen: Int { below + above }

    /// O(log bins), amortised.
    package mutating func add(_ value: Double?) {
        profile.add(value)
        guard let value, !value.isNaN else { return }
        fineCounts[reference.fine.index(of: value)] += 1
        if value < reference.range.lowerBound { below += 1 }
        if value > reference.range.upperBound { above += 1 }
        if value.isInfinite { infinite += 1 }
        quantiles.add(value)
        distinct.add(value)
    }

    package mutating func merge(_ other: NumericSketch) -> Bool {
        guard reference == other.reference, quantiles.merge(other.quantiles), profile.merge(other.profile), distinct.merge(other.distinct)
        else { return false }
        for index in fineCounts.indices { fineCounts[index] += other.fineCounts[index] }
        below += other.below
        above += other.above
        infinite += other.infinite
        return true
    }

    /// Distances over the fine bins; nil when the references differ or one side is empty. O(bins).
    package func distances(from baseline: NumericSketch) -> HistogramDistances? {
        baseline.reference == reference ? HistogramDistances(baseline.fineCounts, fineCounts) : nil
    }

    /// Between which numbers the Kolmogorov–Smirnov gap of the values themselves lies; nil when the references differ or one side is empty.
    ///
    /// At an edge both distribution functions are exact, so the widest gap there is a lower bound. Within a bin one of them may rise by all
    /// of its share before the other rises at all, which gives the upper one. O(bins).
    package func gapBounds(from baseline: NumericSketch) -> ClosedRange<Double>? {
        guard baseline.reference == reference, valueCount > 0, baseline.valueCount > 0 else { return nil }
        let (n, m) = (Double(baseline.valueCount), Double(valueCount))
        var (before, after) = (0, 0)
        var (lower, upper) = (0.0, 0.0)
        for (inBaseline, inWindow) in zip(baseline.fineCounts, fineCounts) {
            let start = Double(before) / n - Double(after) / m
            // Within the bin the baseline may rise first, or the window.
            upper = max(upper, start + Double(inBaseline) / n, Double(inWindow) / m - start)
            before += inBaseline
            after += inWindow
            let end = Double(before) / n - Double(after) / m
            lower = max(lower, abs(end))
            upper = max(upper, abs(end))
        }
        return lower...min(1, upper)
    }
}
