// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Quantiles of a stream to within a known error of rank, in bounded memory and without knowing the range.
///
/// Karnin, Lang and Liberty, "Optimal Quantile Approximation in Streams", FOCS (2016), in the lazy arrangement of Ivkin, Liberty, Lang,
/// Karnin and Braverman, "Streaming Quantiles Algorithms with Small Space and Update Time" (2019). A value at level h stands for 2^h
/// values; a full level is sorted and every other value of it, by the toss of a coin, moves up. Total weight is kept exactly. The coins are
/// seeded, so the same values in the same order give the same sketch; merging in another order gives another sketch within the same error.
package struct KLLSketch: Mergeable {
    /// Memory is about 3k numbers.
    package let k: Int
    package private(set) var count = 0
    /// Exact; nil while empty.
    package private(set) var minimum: Double?
    package private(set) var maximum: Double?
    private var levels: [[Double]] = [[]]
    private var coins: SplitMix64
    private var stored = 0
    /// Of each level, and of all.
    private var capacities: [Int]
    private var capacity: Int

    private static let smallestCapacity = 8

    /// - Parameter k: 200 holds ranks to 1.3 %, 1024 to 0.27 %.
    package init(k: Int = 200, seed: UInt64 = 0) {
        precondition(k >= 8, "A sketch of fewer than eight values has no bound.")
        self.k = k
        coins = SplitMix64(seed: seed)
        capacities = [k]
        capacity = k
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        k = try container.decode(Int.self, forKey: .k)
        count = try container.decode(Int.self, forKey: .count)
        minimum = try container.decodeIfPresent(Double.self, forKey: .minimum)
        maximum = try container.decodeIfPresent(Double.self, forKey: .maximum)
        levels = try container.decode([[Double]].self, forKey: .levels)
        coins = try container.decode(SplitMix64.self, forKey: .coins)
        var weight = 0
        for (level, values) in levels.enumerated() where level < 62 { weight += values.count << level }
        guard k >= 8, (1...61).contains(levels.count), weight == count, (minimum == nil) == (count == 0), (maximum == nil) == (count == 0),
            levels.joined().allSatisfy(\.isFinite)
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .levels, in: container, debugDescription: "The weights of a sketch must add up to its count.")
        }
        stored = levels.reduce(0) { $0 + $1.count }
        capacities = Self.capacities(k: k, levels: levels.count)
        capacity = capacities.reduce(0, +)
    }

    private enum CodingKeys: String, CodingKey {
        case k, count, minimum, maximum, levels, coins
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(k, forKey: .k)
        try container.encode(count, forKey: .count)
        try container.encodeIfPresent(minimum, forKey: .minimum)
        try container.encodeIfPresent(maximum, forKey: .maximum)
        try container.encode(levels, forKey: .levels)
        try container.encode(coins, forKey: .coins)
    }

    /// By how much a rank, as a share of all values, may be off, with a chance of 99 % at any one value.
    ///
    /// The fit 2.296 / k^0.9021 to measured errors that Apache DataSketches publishes for this arrangement; the tests check it here.
    package var rankError: Double { 2.296 / pow(Double(k), 0.9021) }

    /// O(1) amortised. What is not finite is passed over: JSON cannot hold it, and no quantile should be it.
    package mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        levels[0].append(value)
        count += 1
        stored += 1
        if minimum.map({ value < $0 }) ?? true { minimum = value }
        if maximum.map({ value > $0 }) ?? true { maximum = value }
        if stored >= capacity { compress() }
    }

    /// O(k). Sketches of another k do not go together.
    package mutating func merge(_ other: KLLSketch) -> Bool {
        guard k == other.k else { return false }
        while levels.count < other.levels.count { addLevel() }
        for (level, values) in other.levels.enumerated() { levels[level] += values }
        count += other.count
        stored += other.stored
        minimum = [minimum, other.minimum].compactMap(\.self).min()
        maximum = [maximum, other.maximum].compactMap(\.self).max()
        while stored >= capacity { compress() }
        return true
    }

    /// The share of values at or below this one, 0…1; nil while empty. O(k).
    package func rank(of value: Double) -> Double? {
        guard count > 0, !value.isNaN else { return nil }
        var weight = 0
        for (level, values) in levels.enumerated() { weight += values.count { $0 <= value } << level }
        return Double(weight) / Double(count)
    }

    /// Values with about these shares of all values at or below them; exact at 0 and 1; nil while empty. O(k log k) for all together.
    package func quantiles(_ shares: [Double]) -> [Double]? {
        guard let minimum, let maximum else { return nil }
        let weighted = levels.enumerated().flatMap { level, values in values.map { (value: $0, weight: 1 << level) } }
            .sorted { $0.value < $1.value }
        var below = 0
        let cumulative = weighted.map { item in
            below += item.weight
            return below
        }
        return shares.map { share in
            if share <= 0 { return minimum }
            if share >= 1 { return maximum }
            let target = Int((share * Double(count)).rounded(.up))
            var low = 0
            var high = cumulative.count - 1
            while low < high {
                let middle = (low + high) / 2
                if cumulative[middle] < target { low = middle + 1 } else { high = middle }
            }
            return weighted[low].value
        }
    }

    /// Room for the values of each level: k at the top, two thirds of it at each level below, at least 8.
    private static func capacities(k: Int, levels: Int) -> [Int] {
        (0..<levels).reversed().map { depth in
            max(smallestCapacity, Int((Double(k) * pow(2.0 / 3, Double(depth))).rounded(.up)))
        }
    }

    private mutating func addLevel() {
        levels.append([])
        capacities = Self.capacities(k: k, levels: levels.count)
        capacity = capacities.reduce(0, +)
    }

    /// Halves the lowest level that is full; one value stays behind when their number is odd, so that no weight is lost.
    private mutating func compress() {
        guard let level = levels.indices.first(where: { levels[$0].count >= capacities[$0] }) else { return }
        if level + 1 == levels.count { addLevel() }
        // Moved out and back, not copied.
        var values: [Double] = []
        swap(&values, &levels[level])
        let odd = values.count % 2 == 1 ? values.removeLast() : nil
        values.sort()
        stored -= values.count / 2
        for index in stride(from: Int(coins.next() & 1), to: values.count, by: 2) { levels[level + 1].append(values[index]) }
        values.removeAll(keepingCapacity: true)
        if let odd { values.append(odd) }
        swap(&values, &levels[level])
    }
}
