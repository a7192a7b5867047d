// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Counts of the texts of one column in bounded memory: each category by itself while there are at most `capacity`, and 256 buckets of
/// hashes for however many there are.
///
/// Of more categories the ones with the smallest hashes are kept (Bar-Yossef, Jayram, Kumar, Sivakumar and Trevisan, "Counting Distinct
/// Elements in a Data Stream", RANDOM 2002): an even sample of categories, the same whatever was seen first, with exact counts, that also
/// tells how many there are to about 1.6 %. Buckets need no reference, so rows of a million categories can be compared without choosing
/// among them by looking. Adding is O(length), merging O(capacity log capacity); merging is associative and commutative.
///
/// Categories are told apart by 64-bit hashes: two are taken for one with a chance below one in a billion.
package struct CategoryTable: Mergeable {
    package static let capacity = 4096
    package static let bucketCount = 256
    /// Bytes of a category that are kept, for people.
    package static let keptBytes = 96

    package struct Category: Equatable, Sendable {
        package let text: String
        package let count: Int
    }

    private struct Slot {
        var hash: UInt64
        /// 0 in an empty slot.
        var count: Int
        var text: UInt32
    }

    package private(set) var count = 0
    /// By the highest bits of the second hash.
    package private(set) var buckets = [Int](repeating: 0, count: CategoryTable.bucketCount)
    private var slots: [Slot] = []
    private var used = 0
    private var texts: [UInt8] = []
    /// Categories with hashes above are not kept.
    private var limit = UInt64.max

    package init() {}

    package init(_ values: some Sequence<String>) {
        for value in values { add(value) }
    }

    /// Whether every category is in the table.
    package var isComplete: Bool { limit == .max && used <= Self.capacity }

    package mutating func add(_ value: String) {
        var copy = value
        copy.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    /// - Parameter times: How often the text is there, at least once.
    package mutating func add(_ bytes: UnsafeRawBufferPointer, count times: Int = 1) {
        let hash = StableHash.of(bytes)
        count += times
        buckets[Int(StableHash.of(hash) >> 56)] += times
        guard hash <= limit else { return }
        insert(hash, times) { bytes }
    }

    package mutating func merge(_ other: CategoryTable) -> Bool {
        count += other.count
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        prune()
        let theirs = other.kept
        // Beyond what the other keeps its counts are not known.
        if !other.isComplete, let last = theirs.last, last.hash < limit {
            limit = last.hash
            rebuild(kept)
        }
        other.texts.withUnsafeBytes { texts in
            for slot in theirs where slot.hash <= limit {
                insert(slot.hash, slot.count) { Self.text(texts, slot.text) }
            }
        }
        prune()
        return true
    }

    /// How many different categories there were; an estimate unless the table is complete.
    package var distinct: Double {
        let kept = kept
        guard !isComplete, let last = kept.last else { return Double(kept.count) }
        return Double(Self.capacity - 1) / (Double(last.hash) / exp2(64))
    }

    /// Those in the table, the commonest first, equal ones by text; O(capacity log capacity).
    package var categories: [Category] {
        texts.withUnsafeBytes { texts in
            kept.map { Category(text: String(decoding: Self.text(texts, $0.text), as: UTF8.self), count: $0.count) }
        }.sorted { ($1.count, $0.text) < ($0.count, $1.text) }
    }

    /// Counts of both tables by category, over the hashes that both would have kept: all of them when both are complete.
    package func pairs(with other: CategoryTable) -> [(text: String, here: Int, there: Int)] {
        let (mine, theirs) = (kept, other.kept)
        let common = min(isComplete ? UInt64.max : mine.last?.hash ?? 0, other.isComplete ? .max : theirs.last?.hash ?? 0)
        var pairs: [(text: String, here: Int, there: Int)] = []
        func name(_ slot: Slot, of table: CategoryTable) -> String {
            table.texts.withUnsafeBytes { String(decoding: Self.text($0, slot.text), as: UTF8.self) }
        }
        var (i, j) = (0, 0)
        while i < mine.count || j < theirs.count {
            let left = i < mine.count ? mine[i].hash : .max
            let right = j < theirs.count ? theirs[j].hash : .max
            guard min(left, right) <= common else { break }
            if left == right, i < mine.count, j < theirs.count {
                pairs.append((name(mine[i], of: self), mine[i].count, theirs[j].count))
                i += 1
                j += 1
            } else if j >= theirs.count || (i < mine.count && left < right) {
                pairs.append((name(mine[i], of: self), mine[i].count, 0))
                i += 1
            } else {
                pairs.append((name(theirs[j], of: other), 0, theirs[j].count))
                j += 1
            }
        }
        return pairs
    }

    /// By hash, no more than `capacity`.
    private var kept: [Slot] {
        let all = slots.filter { $0.count > 0 }.sorted { $0.hash < $1.hash }
        return all.count > Self.capacity ? Array(all.prefix(Self.capacity)) : all
    }

    private static func text(_ texts: UnsafeRawBufferPointer, _ place: UInt32) -> UnsafeRawBufferPointer {
        let start = Int(place) + 1
        return UnsafeRawBufferPointer(rebasing: texts[start..<start + Int(texts[Int(place)])])
    }

    private mutating func insert(_ hash: UInt64, _ added: Int, text: () -> UnsafeRawBufferPointer) {
        if slots.isEmpty { slots = Array(repeating: Slot(hash: 0, count: 0, text: 0), count: 64) }
        let place: Int? = slots.withUnsafeMutableBufferPointer { slots in
            let mask = slots.count - 1
            var place = Int(truncatingIfNeeded: hash) & mask
            while slots[place].count > 0 {
                if slots[place].hash == hash {
                    slots[place].count += added
                    return nil
                }
                place = (place + 1) & mask
            }
            return place
        }
        guard let place else { return }
        let bytes = text()
        slots[place] = Slot(hash: hash, count: added, text: UInt32(texts.count))
        let length = min(bytes.count, Self.keptBytes)
        texts.append(UInt8(length))
        texts.append(contentsOf: bytes.prefix(length))
        used += 1
        if used == 2 * Self.capacity { prune() } else if 2 * used > slots.count { rebuild(slots.filter { $0.count > 0 }) }
    }

    /// Keeps the smallest hashes.
    private mutating func prune() {
        guard used > Self.capacity else { return }
        let kept = kept
        limit = kept[kept.count - 1].hash
        rebuild(kept)
    }

    /// The texts of those that left go too.
    private mutating func rebuild(_ entries: [Slot]) {
        let entries = entries.filter { $0.hash <= limit }
        var size = 64
        while size < 4 * entries.count { size *= 2 }
        var texts: [UInt8] = []
        var slots = Array(repeating: Slot(hash: 0, count: 0, text: 0), count: size)
        self.texts.withUnsafeBytes { old in
            for entry in entries {
                var place = Int(truncatingIfNeeded: entry.hash) & (size - 1)
                while slots[place].count > 0 { place = (place + 1) & (size - 1) }
                slots[place] = Slot(hash: entry.hash, count: entry.count, text: UInt32(texts.count))
                texts.append(old[Int(entry.text)])
                texts.append(contentsOf: Self.text(old, entry.text))
            }
        }
        (self.slots, self.texts, used) = (slots, texts, entries.count)
    }

    package static func == (left: CategoryTable, right: CategoryTable) -> Bool {
        left.count == right.count && left.buckets == right.buckets && left.isComplete == right.isComplete
            && left.kept.elementsEqual(right.kept) { $0.hash == $1.hash && $0.count == $1.count }
    }
}

extension CategoryTable {
    private enum CodingKeys: String, CodingKey {
        case isComplete, buckets, hashes, counts, texts
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let kept = kept
        try container.encode(isComplete, forKey: .isComplete)
        var packed = (buckets: PackedIntegers(), hashes: PackedIntegers(), counts: PackedIntegers())
        for bucket in buckets { packed.buckets.append(UInt64(bucket)) }
        var last: UInt64 = 0
        for slot in kept {
            packed.hashes.append(slot.hash - last)
            packed.counts.append(UInt64(slot.count))
            last = slot.hash
        }
        try container.encode(packed.buckets.data, forKey: .buckets)
        try container.encode(packed.hashes.data, forKey: .hashes)
        try container.encode(packed.counts.data, forKey: .counts)
        try container.encode(
            texts.withUnsafeBytes { texts in kept.map { String(decoding: Self.text(texts, $0.text), as: UTF8.self) } }, forKey: .texts)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let isComplete = try container.decode(Bool.self, forKey: .isComplete)
        func numbers(_ key: CodingKeys) throws -> [UInt64] { PackedIntegers.values(try container.decode(Data.self, forKey: key)) ?? [] }
        let (buckets, hashes, counts) = (try numbers(.buckets), try numbers(.hashes), try numbers(.counts))
        let texts = try container.decode([String].self, forKey: .texts)
        let most = UInt64(Int64.max) >> 16
        guard buckets.count == Self.bucketCount, buckets.allSatisfy({ $0 <= most }), hashes.count == counts.count,
            texts.count == counts.count,
            counts.count <= Self.capacity, isComplete || counts.count == Self.capacity, counts.allSatisfy({ $0 > 0 && $0 <= most }),
            hashes.dropFirst().allSatisfy({ $0 > 0 })
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts, in: container, debugDescription: "A table of categories needs a hash, a count and a text for each.")
        }
        self.init()
        self.buckets = buckets.map { Int($0) }
        count = self.buckets.reduce(0, +)
        var hash: UInt64 = 0
        var total = 0
        for index in hashes.indices {
            let (next, hasOverflown) = hash.addingReportingOverflow(hashes[index])
            total += Int(counts[index])
            guard !hasOverflown else { break }
            hash = next
            var text = texts[index]
            text.withUTF8 { bytes in insert(hash, Int(counts[index])) { UnsafeRawBufferPointer(bytes) } }
        }
        if !isComplete { limit = hash }
        guard used == hashes.count, isComplete ? total == count : total <= count else {
            throw DecodingError.dataCorruptedError(
                forKey: .counts, in: container, debugDescription: "The counts of a table of categories add up.")
        }
    }
}
