// SPDX-License-Identifier: Apache-2.0

/// What is kept of one numeric column over a baseline or a window: bin counts, nulls and moments.
///
/// All profiles of one baseline share its bins. Adding a value is O(log bins); profiles merge by addition, in any order.
/// NaN counts as null. An infinite value is counted in its outer bin and left out of the moments.
package struct NumericProfile: Mergeable {
    package let bins: ReferenceBins
    package private(set) var counts: [Int]
    package private(set) var nulls = 0
    package private(set) var moments = Moments()

    /// An empty profile over a baseline's bins.
    package init(bins: ReferenceBins) {
        self.bins = bins
        counts = Array(repeating: 0, count: bins.count)
    }

    /// The baseline itself: bins made from these values, which are then counted; O(n log n). Nil without a finite value.
    package init?(baseline values: [Double?]) {
        guard let bins = ReferenceBins(reference: values.compactMap(\.self)) else { return nil }
        self.init(bins: bins)
        for value in values { add(value) }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        bins = try container.decode(ReferenceBins.self, forKey: .bins)
        counts = try container.decode([Int].self, forKey: .counts)
        nulls = try container.decode(Int.self, forKey: .nulls)
        moments = try container.decode(Moments.self, forKey: .moments)
        guard counts.count == bins.count, nulls >= 0, counts.allSatisfy({ $0 >= 0 }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts, in: container, debugDescription: "A profile needs one count, not negative, for each bin.")
        }
    }

    /// Values that are not null.
    package var valueCount: Int { counts.reduce(0, +) }
    package var rowCount: Int { valueCount + nulls }

    package mutating func add(_ value: Double?) {
        guard let value, !value.isNaN else {
            nulls += 1
            return
        }
        counts[bins.index(of: value)] += 1
        if value.isFinite { moments.add(value) }
    }

    /// Returns false, and changes nothing, when the other profile has other bins.
    package mutating func merge(_ other: NumericProfile) -> Bool {
        guard other.bins == bins else { return false }
        for index in counts.indices { counts[index] += other.counts[index] }
        nulls += other.nulls
        moments.merge(other.moments)
        return true
    }

    /// Population stability index of this window against its baseline; nil when the bins differ or one side has no row to compare.
    ///
    /// - Parameter countingNulls: Take nulls as one more bin and proportions over all rows.
    package func stabilityIndex(against baseline: NumericProfile, countingNulls: Bool = false) -> StabilityIndex? {
        guard baseline.bins == bins else { return nil }
        return countingNulls
            ? StabilityIndex(baseline.counts + [baseline.nulls], counts + [nulls])
            : StabilityIndex(baseline.counts, counts)
    }

    /// Whether the share of nulls changed; nil when there is nothing to test (no nulls at all, nothing but nulls, or no rows).
    package func nullRateTest(against baseline: NumericProfile) -> ChiSquareTest? {
        ChiSquareTest([baseline.nulls, baseline.valueCount], [nulls, valueCount])
    }
}
