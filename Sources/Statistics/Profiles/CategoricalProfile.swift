// SPDX-License-Identifier: Apache-2.0

/// What is kept of one categorical column over a baseline or a window: counts per category, and nulls.
///
/// Adding is O(1), merging O(categories) and in any order. The number of categories is not bounded here: whoever
/// fills a profile from outside decides how many to admit.
package struct CategoricalProfile: Codable, Equatable, Sendable {
    package private(set) var counts: [String: Int] = [:]
    package private(set) var nulls = 0

    package init() {}

    package init(_ values: some Sequence<String?>) {
        for value in values { add(value) }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        counts = try container.decode([String: Int].self, forKey: .counts)
        nulls = try container.decode(Int.self, forKey: .nulls)
        guard nulls >= 0, counts.values.allSatisfy({ $0 > 0 }) else {
            throw DecodingError.dataCorruptedError(forKey: .counts, in: container, debugDescription: "Counts must be positive.")
        }
    }

    package var valueCount: Int { counts.values.reduce(0, +) }
    package var rowCount: Int { valueCount + nulls }

    package mutating func add(_ value: String?) {
        guard let value else {
            nulls += 1
            return
        }
        counts[value, default: 0] += 1
    }

    package mutating func merge(_ other: CategoricalProfile) {
        counts.merge(other.counts, uniquingKeysWith: +)
        nulls += other.nulls
    }

    /// Categories of this window that its baseline never had, sorted.
    package func newCategories(against baseline: CategoricalProfile) -> [String] {
        counts.keys.filter { baseline.counts[$0] == nil }.sorted()
    }

    /// Categories of the baseline that this window lacks, sorted.
    package func goneCategories(against baseline: CategoricalProfile) -> [String] {
        baseline.newCategories(against: self)
    }

    /// Over the union of categories; nil when one side has no values. O(K log K) for K categories.
    package func stabilityIndex(against baseline: CategoricalProfile) -> StabilityIndex? {
        let (before, after) = table(against: baseline)
        return StabilityIndex(before, after)
    }

    /// Independence of category and side in the 2×K table; nil when there are fewer than two categories or one side is empty.
    ///
    /// - Parameter minimumExpected: Categories expected less often than this on either side are pooled first, because the
    ///   chi-square approximation fails there; 5 is the usual rule (Cochran 1954), 0 pools nothing.
    package func chiSquareTest(against baseline: CategoricalProfile, minimumExpected: Double = 5) -> ChiSquareTest? {
        let (before, after) = table(against: baseline)
        return ChiSquareTest(before, after, minimumExpected: minimumExpected)
    }

    /// As for numeric columns: nil when there is nothing to test.
    package func nullRateTest(against baseline: CategoricalProfile) -> ChiSquareTest? {
        ChiSquareTest([baseline.nulls, baseline.valueCount], [nulls, valueCount])
    }

    /// Counts of both over the union of their categories, in sorted order, so that sums do not depend on hashing; O(K log K).
    package func table(against baseline: CategoricalProfile) -> (before: [Int], after: [Int]) {
        let categories = Set(counts.keys).union(baseline.counts.keys).sorted()
        return (categories.map { baseline.counts[$0] ?? 0 }, categories.map { counts[$0] ?? 0 })
    }
}
