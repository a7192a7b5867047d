// SPDX-License-Identifier: Apache-2.0

/// The commonest values with their counts, in bounded memory: no value that makes up more than 1 / (capacity + 1) of all is missed.
///
/// Misra and Gries, "Finding Repeated Elements", Science of Computer Programming 2 (1982), merged as in Agarwal et al., "Mergeable
/// Summaries", ACM Transactions on Database Systems 38 (2013). A count is too small by at most `error`, which never exceeds
/// total / (capacity + 1), and never too large. Exact while there are no more different values than counters.
package struct HeavyHitters: Mergeable {
    package struct Item: Codable, Equatable, Sendable {
        package let value: String
        /// At least this many.
        package let count: Int
    }

    package let capacity: Int
    package private(set) var total = 0
    /// How much too small a count may be; the count of any value not listed is at most this.
    package private(set) var error = 0
    private var counts: [String: Int] = [:]

    package init(capacity: Int = 128) {
        precondition(capacity > 0, "Heavy hitters need a counter.")
        self.capacity = capacity
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        capacity = try container.decode(Int.self, forKey: .capacity)
        total = try container.decode(Int.self, forKey: .total)
        error = try container.decode(Int.self, forKey: .error)
        counts = try container.decode([String: Int].self, forKey: .counts)
        guard capacity > 0, counts.count <= capacity, counts.values.allSatisfy({ $0 > 0 }), error >= 0, counts.values.reduce(0, +) <= total
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts, in: container, debugDescription: "Counters must be positive, within capacity and within the total.")
        }
    }

    /// O(1) amortised: a full set of counters is lowered at most once for every `capacity` values.
    package mutating func add(_ value: String) {
        total += 1
        if let count = counts[value] {
            counts[value] = count + 1
        } else if counts.count < capacity {
            counts[value] = 1
        } else {
            lower(by: 1)
        }
    }

    /// O(capacity log capacity).
    package mutating func merge(_ other: HeavyHitters) -> Bool {
        guard capacity == other.capacity else { return false }
        counts.merge(other.counts, uniquingKeysWith: +)
        total += other.total
        error += other.error
        if counts.count > capacity { lower(by: counts.values.sorted(by: >)[capacity]) }
        return true
    }

    /// The values counted, commonest first, equal ones by name; O(capacity log capacity).
    package var items: [Item] {
        counts.map { Item(value: $0.key, count: $0.value) }.sorted { ($1.count, $0.value) < ($0.count, $1.value) }
    }

    /// Between which numbers the true count of the value lies; O(1).
    package func bounds(of value: String) -> ClosedRange<Int> {
        let count = counts[value] ?? 0
        return count...(count + error)
    }

    private mutating func lower(by amount: Int) {
        error += amount
        for (value, count) in counts { counts[value] = count > amount ? count - amount : nil }
    }
}
