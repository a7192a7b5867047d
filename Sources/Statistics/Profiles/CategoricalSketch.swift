// SPDX-License-Identifier: Apache-2.0

/// What is kept of one categorical column in bounded memory: counts over a frozen reference, nulls, unseen categories, and what there was
/// beyond the reference.
///
/// Counts over the reference are exact; merging adds them. `CategoricalProfile` keeps every category instead.
package struct CategoricalSketch: Mergeable {
    package let reference: CategoryReference
    /// By the place of the category in the reference.
    package private(set) var counts: [Int]
    /// Categories the reference had without naming them.
    package private(set) var other = 0
    /// Values whose category the reference never had.
    package private(set) var unseen = 0
    package private(set) var nulls = 0
    package private(set) var distinct = HyperLogLog()
    /// The commonest categories that the reference does not name; of those it does, `counts` are exact.
    package private(set) var hitters: HeavyHitters

    package init(reference: CategoryReference, hitters capacity: Int = 128) {
        self.reference = reference
        counts = Array(repeating: 0, count: reference.names.count)
        hitters = HeavyHitters(capacity: capacity)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        reference = try container.decode(CategoryReference.self, forKey: .reference)
        counts = try container.decode([Int].self, forKey: .counts)
        other = try container.decode(Int.self, forKey: .other)
        unseen = try container.decode(Int.self, forKey: .unseen)
        nulls = try container.decode(Int.self, forKey: .nulls)
        distinct = try container.decode(HyperLogLog.self, forKey: .distinct)
        hitters = try container.decode(HeavyHitters.self, forKey: .hitters)
        guard counts.count == reference.names.count, hitters.total == other + unseen,
            (counts + [other, unseen, nulls]).allSatisfy({ $0 >= 0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts, in: container, debugDescription: "A sketch needs one count, not negative, for each category.")
        }
    }

    /// Values that are not null.
    package var valueCount: Int { counts.reduce(other + unseen, +) }
    package var rowCount: Int { valueCount + nulls }
    /// Counts of the named categories, then of the others and of the unseen: the table for tests and distances.
    package var table: [Int] { counts + [other, unseen] }

    /// O(length), amortised.
    package mutating func add(_ value: String?) {
        guard let value else {
            nulls += 1
            return
        }
        let hash = StableHash.of(value)
        distinct.add(hash: hash)
        switch reference.place(of: value, hash: hash) {
        case .named(let place):
            counts[place] += 1
            return
        case .other: other += 1
        case .unseen: unseen += 1
        }
        hitters.add(value)
    }

    package mutating func merge(_ other: CategoricalSketch) -> Bool {
        guard reference == other.reference, hitters.merge(other.hitters), distinct.merge(other.distinct) else { return false }
        for index in counts.indices { counts[index] += other.counts[index] }
        self.other += other.other
        unseen += other.unseen
        nulls += other.nulls
        return true
    }

    /// Nil when the references differ or one side has no values. O(categories).
    package func stabilityIndex(against baseline: CategoricalSketch) -> StabilityIndex? {
        baseline.reference == reference ? StabilityIndex(baseline.table, table) : nil
    }

    /// As above.
    package func distances(from baseline: CategoricalSketch) -> HistogramDistances? {
        baseline.reference == reference ? HistogramDistances(baseline.table, table) : nil
    }

    /// As above; nil also when there are fewer than two categories.
    package func chiSquareTest(against baseline: CategoricalSketch, minimumExpected: Double = 5) -> ChiSquareTest? {
        baseline.reference == reference ? ChiSquareTest(baseline.table, table, minimumExpected: minimumExpected) : nil
    }
}
