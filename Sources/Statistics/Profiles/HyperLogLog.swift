// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How many different values there were, to a few per cent, in 4 KiB however many there are.
///
/// Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog", AofA (2007), with Ertl's estimator ("New Cardinality Estimation Algorithms for
/// HyperLogLog Sketches", 2017), which needs no tables and is unbiased from a handful to billions. 4096 registers: the standard error is
/// 1.04 / √4096, 1.6 %. Merging takes maxima: exact, in any order, and the same sketch twice is the same as once.
package struct HyperLogLog: Mergeable {
    package static let precision = 12
    package static let standardError = 1.04 / 64

    private static let registerCount = 1 << precision
    private static let largestRank = UInt8(64 - precision + 1)

    private var registers: [UInt8]

    package init() {
        registers = Array(repeating: 0, count: Self.registerCount)
    }

    package init(from decoder: any Decoder) throws {
        let data = try decoder.singleValueContainer().decode(Data.self)
        guard data.count == Self.registerCount, data.allSatisfy({ $0 <= Self.largestRank }) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "A sketch of distinct values has 4096 registers."))
        }
        registers = Array(data)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Data(registers))
    }

    /// O(1). 0 and −0 are one value; NaN is one value.
    package mutating func add(_ value: Double) { add(hash: StableHash.of(value)) }

    /// O(length).
    package mutating func add(_ value: String) { add(hash: StableHash.of(value)) }

    package mutating func merge(_ other: HyperLogLog) -> Bool {
        for index in registers.indices where other.registers[index] > registers[index] { registers[index] = other.registers[index] }
        return true
    }

    /// O(registers). 0 for none.
    package var estimate: Double {
        var counts = [Int](repeating: 0, count: Int(Self.largestRank) + 1)
        for register in registers { counts[Int(register)] += 1 }
        let size = Double(Self.registerCount)
        let last = Int(Self.largestRank)
        var sum = size * Self.tau(1 - Double(counts[last]) / size)
        for rank in stride(from: last - 1, through: 1, by: -1) { sum = 0.5 * (sum + Double(counts[rank])) }
        sum += size * Self.sigma(Double(counts[0]) / size)
        return size * size / (2 * log(2.0)) / sum
    }

    /// - Parameter hash: `StableHash` of the value.
    mutating func add(hash: UInt64) {
        let index = Int(hash >> (64 - UInt64(Self.precision)))
        let rest = hash << UInt64(Self.precision)
        let rank = rest == 0 ? Self.largestRank : UInt8(rest.leadingZeroBitCount + 1)
        if rank > registers[index] { registers[index] = rank }
    }

    /// x + Σ x^(2^k) · 2^(k−1); infinite at 1, when nothing was added, which makes the estimate 0.
    private static func sigma(_ share: Double) -> Double {
        guard share < 1 else { return .infinity }
        var x = share
        var weight = 1.0
        var sum = x
        var before = -1.0
        while sum != before {
            x *= x
            before = sum
            sum += x * weight
            weight += weight
        }
        return sum
    }

    private static func tau(_ share: Double) -> Double {
        guard share > 0, share < 1 else { return 0 }
        var x = share
        var weight = 1.0
        var sum = 1 - x
        var before = -1.0
        while sum != before {
            x.formSquareRoot()
            before = sum
            weight *= 0.5
            sum -= (1 - x) * (1 - x) * weight
        }
        return sum / 3
    }
}
