// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Counts of the numbers of one column in bounded memory, without knowing their range: buckets whose counts are exact, and that merge by
/// addition whatever was seen first.
///
/// A bucket holds the numbers that agree in all but their lowest `shift` bits, so it is about as wide as its numbers are large, times
/// 2^(shift − 52). Every number is a bucket of its own until there are more than `capacity`; then as few further bits are dropped as make
/// them fit. The shift and the counts are therefore functions of the numbers alone: merging is associative and commutative to the last bit.
/// Adding is O(1) amortised, merging O(capacity log capacity). Infinities are counted apart; NaN must not be added.
package struct ValueHistogram: Mergeable {
    package static let capacity = 2048
    /// The table of buckets grows to 2 to the power of these.
    private static let slotBits = 6...12
    private static let empty = UInt64.max

    private struct Slot {
        var key: UInt64
        var count: Int
    }

    /// Numbers from `low` to `high`, both included.
    package struct Bucket: Equatable, Sendable {
        package let low: Double
        package let high: Double
        package let count: Int

        /// Where the bucket's numbers are taken to be.
        package var middle: Double { low == high ? low : low + (high - low) / 2 }
    }

    /// Low bits that are not told apart; 0 when every number is kept exactly.
    package private(set) var shift = 0
    /// Numbers that are finite.
    package private(set) var moments = Moments()
    /// Nil without finite numbers.
    package private(set) var minimum: Double?
    package private(set) var maximum: Double?
    package private(set) var negativeInfinities = 0
    package private(set) var positiveInfinities = 0
    private var slots: [Slot] = []
    private var slotShift = UInt64(64 - ValueHistogram.slotBits.lowerBound)
    private var used = 0

    package init() {}

    package init(_ values: some Sequence<Double>) {
        for value in values { add(value) }
    }

    /// Finite numbers.
    package var count: Int { moments.count }
    package var infinities: Int { negativeInfinities + positiveInfinities }
    package var isExact: Bool { shift == 0 }
    /// Buckets that hold a number.
    package var bucketCount: Int { used }

    package mutating func add(_ value: Double) { add(value, count: 1) }

    /// The same number so many times, at least once.
    package mutating func add(_ value: Double, count: Int) {
        guard value.isFinite else {
            precondition(!value.isNaN, "NaN is no number.")
            if value < 0 { negativeInfinities += count } else { positiveInfinities += count }
            return
        }
        if count == 1 { moments.add(value) } else { moments.add(value, count: count) }
        if let low = minimum, let high = maximum {
            if value < low { minimum = value } else if value > high { maximum = value }
        } else {
            (minimum, maximum) = (value, value)
        }
        insert(Self.key(of: value) &>> UInt64(shift), count)
    }

    package mutating func merge(_ other: ValueHistogram) -> Bool {
        moments.merge(other.moments)
        minimum = [minimum, other.minimum].compactMap(\.self).min()
        maximum = [maximum, other.maximum].compactMap(\.self).max()
        negativeInfinities += other.negativeInfinities
        positiveInfinities += other.positiveInfinities
        coarsen(to: other.shift)
        // The other's buckets may be made coarser on the way.
        for entry in other.sorted { insert(entry.key &>> UInt64(shift - other.shift), entry.count) }
        return true
    }

    /// In ascending order; O(capacity log capacity).
    package var buckets: [Bucket] { buckets(atShift: shift) }

    /// The same with at least as many low bits dropped, so that two histograms can be laid side by side.
    package func buckets(atShift wanted: Int) -> [Bucket] {
        keyedCounts(atShift: wanted).map { Self.bucket($0.key, wanted, $0.count) }
    }

    /// By the project's rule for quantiles (linear between numbers, type 7) over where buckets' numbers are taken to be; exact when the
    /// histogram is. Nil without numbers.
    package func quantiles(_ shares: [Double]) -> [Double]? {
        guard count > 0, let minimum, let maximum else { return nil }
        let buckets = buckets
        var ends: [Int] = []
        var total = 0
        for bucket in buckets {
            total += bucket.count
            ends.append(total)
        }
        func value(at place: Int) -> Double {
            var (low, high) = (0, ends.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if ends[middle] <= place { low = middle + 1 } else { high = middle }
            }
            return min(max(buckets[low].middle, minimum), maximum)
        }
        return shares.map { share in
            if share <= 0 { return minimum }
            if share >= 1 { return maximum }
            let position = share * Double(total - 1)
            let place = Int(position)
            let low = value(at: place)
            guard place + 1 < total else { return low }
            let high = value(at: place + 1)
            let weight = position - Double(place)
            return weight < 0.5 ? low + (high - low) * weight : high - (high - low) * (1 - weight)
        }
    }

    /// Even quantiles, as a stand-in for a sample of this size; the numbers themselves when there are no more and all are exact.
    package func sample(_ size: Int) -> [Double] {
        if count <= size {
            return buckets.flatMap { Array(repeating: $0.middle, count: $0.count) }
        }
        return quantiles((0..<size).map { (Double($0) + 0.5) / Double(size) }) ?? []
    }

    // MARK: Keys

    /// Whole numbers in the order of the numbers; 0 and −0 are one.
    private static func key(of value: Double) -> UInt64 {
        let bits = (value + 0).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    }

    private static func value(of key: UInt64) -> Double {
        let value = Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
        if value.isFinite { return value }
        return key >> 63 == 1 ? .greatestFiniteMagnitude : -.greatestFiniteMagnitude
    }

    private static func bucket(_ key: UInt64, _ shift: Int, _ count: Int) -> Bucket {
        let low = key << UInt64(shift)
        return Bucket(low: value(of: low), high: value(of: low | (1 << UInt64(shift) - 1)), count: count)
    }

    // MARK: The table

    private mutating func insert(_ key: UInt64, _ count: Int) {
        if slots.isEmpty { slots = Self.table(1 << Self.slotBits.lowerBound) }
        let slotShift = slotShift
        let isNew = slots.withUnsafeMutableBufferPointer { slots in
            let mask = slots.count - 1
            var place = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> slotShift)
            while slots[place].key != key {
                if slots[place].key == Self.empty {
                    slots[place] = Slot(key: key, count: count)
                    return true
                }
                place = (place + 1) & mask
            }
            slots[place].count += count
            return false
        }
        guard isNew else { return }
        used += 1
        if used > Self.capacity { shrink() } else if 2 * used > slots.count { grow() }
    }

    private static func table(_ size: Int) -> [Slot] { Array(repeating: Slot(key: empty, count: 0), count: size) }

    private mutating func grow() {
        let entries = slots.filter { $0.key != Self.empty }
        slots = Self.table(slots.count * 4)
        slotShift -= 2
        used = 0
        for entry in entries { insert(entry.key, entry.count) }
    }

    private var sorted: [(key: UInt64, count: Int)] {
        slots.filter { $0.key != Self.empty }.map { ($0.key, $0.count) }.sorted { $0.key < $1.key }
    }

    private func keyedCounts(atShift wanted: Int) -> [(key: UInt64, count: Int)] {
        Self.coarser(sorted, by: wanted - shift)
    }

    private static func coarser(_ entries: [(key: UInt64, count: Int)], by bits: Int) -> [(key: UInt64, count: Int)] {
        precondition(bits >= 0, "Bits that were dropped are gone.")
        var coarse: [(key: UInt64, count: Int)] = []
        coarse.reserveCapacity(entries.count)
        for entry in entries {
            let key = entry.key >> UInt64(bits)
            if let last = coarse.indices.last, coarse[last].key == key {
                coarse[last].count += entry.count
            } else {
                coarse.append((key, entry.count))
            }
        }
        return coarse
    }

    /// Drops as few bits as make the buckets fit.
    private mutating func shrink() {
        let entries = sorted
        var bits = 1
        while true {
            let fitting = Self.coarser(entries, by: bits)
            if fitting.count <= Self.capacity { return replace(fitting, shift: shift + bits) }
            bits += 1
        }
    }

    private mutating func coarsen(to wanted: Int) {
        guard wanted > shift else { return }
        replace(keyedCounts(atShift: wanted), shift: wanted)
    }

    private mutating func replace(_ entries: [(key: UInt64, count: Int)], shift: Int) {
        self.shift = shift
        slots = Self.table(slots.isEmpty ? 1 << Self.slotBits.lowerBound : slots.count)
        used = 0
        for entry in entries { insert(entry.key, entry.count) }
    }

    package static func == (left: ValueHistogram, right: ValueHistogram) -> Bool {
        left.shift == right.shift && left.minimum == right.minimum && left.maximum == right.maximum
            && left.negativeInfinities == right.negativeInfinities && left.positiveInfinities == right.positiveInfinities
            && left.moments == right.moments && left.sorted.elementsEqual(right.sorted) { $0 == $1 }
    }
}

extension ValueHistogram {
    private enum CodingKeys: String, CodingKey {
        case shift, moments, minimum, maximum, negativeInfinities, positiveInfinities, buckets
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(shift, forKey: .shift)
        try container.encode(moments, forKey: .moments)
        try container.encodeIfPresent(minimum, forKey: .minimum)
        try container.encodeIfPresent(maximum, forKey: .maximum)
        try container.encode(negativeInfinities, forKey: .negativeInfinities)
        try container.encode(positiveInfinities, forKey: .positiveInfinities)
        var packed = PackedIntegers()
        var last: UInt64 = 0
        for entry in sorted {
            packed.append(entry.key &- last)
            packed.append(UInt64(entry.count))
            last = entry.key
        }
        try container.encode(packed.data, forKey: .buckets)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let shift = try container.decode(Int.self, forKey: .shift)
        let moments = try container.decode(Moments.self, forKey: .moments)
        let minimum = try container.decodeIfPresent(Double.self, forKey: .minimum)
        let maximum = try container.decodeIfPresent(Double.self, forKey: .maximum)
        negativeInfinities = try container.decode(Int.self, forKey: .negativeInfinities)
        positiveInfinities = try container.decode(Int.self, forKey: .positiveInfinities)
        let numbers = PackedIntegers.values(try container.decode(Data.self, forKey: .buckets)) ?? [0]
        var entries: [(key: UInt64, count: Int)] = []
        var last: UInt64 = 0
        var total = 0
        var isValid =
            numbers.count % 2 == 0 && numbers.count / 2 <= Self.capacity && (0..<64).contains(shift) && negativeInfinities >= 0
            && positiveInfinities >= 0
        for index in stride(from: 0, to: numbers.count - 1, by: 2) where isValid {
            let (key, hasOverflown) = last.addingReportingOverflow(numbers[index])
            let count = Int(exactly: numbers[index + 1]) ?? 0
            isValid =
                !hasOverflown && count > 0 && count <= Int.max - total && key < Self.empty >> UInt64(shift)
                && (entries.isEmpty || numbers[index] > 0)
            guard isValid else { break }
            entries.append((key, count))
            total += count
            last = key
        }
        guard isValid, total == moments.count, (minimum == nil) == (total == 0), (maximum == nil) == (total == 0) else {
            throw DecodingError.dataCorruptedError(
                forKey: .buckets, in: container, debugDescription: "The buckets of a histogram ascend, and their counts add up.")
        }
        (self.moments, self.minimum, self.maximum) = (moments, minimum, maximum)
        if !entries.isEmpty { replace(entries, shift: shift) } else { self.shift = shift }
    }
}
