// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Counts the distinct values of a column, exactly up to a bound and by estimate beyond.
///
/// Values are told apart by 64-bit hashes, so two of them are taken for one with a chance below one in a billion. Once the bound
/// is reached, counts of the values seen so far go on; later ones enter only the estimate (HyperLogLog, Flajolet et al. 2007).
struct ValueCounter {
    /// Bytes kept of a value.
    static let keptBytes = 256
    private static let registerBits = 12

    private let limit: Int
    private var hashes: [UInt64]
    private var counts: [Int64]
    /// Where the value's text is in `texts`.
    private var places: [UInt32]
    private var used = 0
    private var texts: [UInt8] = []
    private var registers: [UInt8] = []
    private(set) var hasCutTexts = false

    init(limit: Int) {
        self.limit = limit
        hashes = Array(repeating: 0, count: 64)
        counts = Array(repeating: 0, count: 64)
        places = Array(repeating: 0, count: 64)
    }

    var isExact: Bool { registers.isEmpty }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let hash = Self.hash(bytes)
        let mask = hashes.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while hashes[slot] != 0 {
            if hashes[slot] == hash {
                counts[slot] += 1
                return
            }
            slot = (slot + 1) & mask
        }
        guard used < limit else { return estimate(hash) }
        hashes[slot] = hash
        counts[slot] = 1
        places[slot] = keep(bytes)
        used += 1
        if used * 2 > hashes.count { grow() }
    }

    var distinct: Int64 {
        guard !isExact else { return Int64(used) }
        let count = Double(registers.count)
        let sum = registers.reduce(0.0) { $0 + exp2(-Double($1)) }
        let estimate = 0.7213 / (1 + 1.079 / count) * count * count / sum
        let zeros = registers.count { $0 == 0 }
        // Small numbers are counted better by the registers still empty.
        return max(Int64(used), Int64(estimate <= 2.5 * count && zeros > 0 ? count * log(count / Double(zeros)) : estimate))
    }

    /// Values and counts, most frequent first, then by text.
    func top(_ limit: Int) -> [ValueCount] {
        let slots = hashes.indices.filter { hashes[$0] != 0 }.sorted { counts[$0] > counts[$1] }
        guard let last = slots.prefix(limit).last else { return [] }
        // Those as frequent as the last one are all read, so that the choice among them does not rest on hashes.
        return Array(
            slots.prefix { counts[$0] >= counts[last] }.map { ValueCount(value: text($0), count: counts[$0]) }
                .sorted { ($1.count, $0.value) < ($0.count, $1.value) }.prefix(limit))
    }

    private func text(_ slot: Int) -> String {
        let place = Int(places[slot])
        let length = Int(texts[place]) | Int(texts[place + 1]) << 8
        return String(decoding: texts[place + 2..<place + 2 + length], as: UTF8.self)
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let place = UInt32(texts.count)
        let length = min(bytes.count, Self.keptBytes)
        if bytes.count > length { hasCutTexts = true }
        texts.append(UInt8(truncatingIfNeeded: length))
        texts.append(UInt8(truncatingIfNeeded: length >> 8))
        texts.append(contentsOf: bytes.prefix(length))
        return place
    }

    private mutating func grow() {
        let old = (hashes, counts, places)
        let size = hashes.count * 2
        hashes = Array(repeating: 0, count: size)
        counts = Array(repeating: 0, count: size)
        places = Array(repeating: 0, count: size)
        for index in old.0.indices where old.0[index] != 0 {
            var slot = Int(truncatingIfNeeded: old.0[index]) & (size - 1)
            while hashes[slot] != 0 { slot = (slot + 1) & (size - 1) }
            hashes[slot] = old.0[index]
            counts[slot] = old.1[index]
            places[slot] = old.2[index]
        }
    }

    private mutating func estimate(_ hash: UInt64) {
        if registers.isEmpty {
            registers = Array(repeating: 0, count: 1 << Self.registerBits)
            for known in hashes where known != 0 { register(known) }
        }
        register(hash)
    }

    private mutating func register(_ hash: UInt64) {
        let index = Int(hash >> UInt64(64 - Self.registerBits))
        let rank = UInt8(min(52, (hash << UInt64(Self.registerBits)).leadingZeroBitCount) + 1)
        if registers[index] < rank { registers[index] = rank }
    }

    /// Never 0, which marks an empty slot.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
        var index = 0
        while index + 8 <= bytes.count {
            hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        var rest: UInt64 = 0
        while index < bytes.count {
            rest = rest << 8 | UInt64(bytes[index])
            index += 1
        }
        return max(1, mix(hash ^ rest))
    }

    /// The finaliser of MurmurHash3 (public domain): every bit of the input moves every bit of the output.
    private static func mix(_ value: UInt64) -> UInt64 {
        var hash = value
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 33
    }
}
