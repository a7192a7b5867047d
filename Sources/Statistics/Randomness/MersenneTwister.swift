// SPDX-License-Identifier: Apache-2.0

/// The generator behind Python's `random` and numpy's `RandomState`, for results that must equal theirs. Not for secrets.
///
/// Matsumoto and Nishimura, "Mersenne Twister: A 623-Dimensionally Equidistributed Uniform Pseudo-Random Number Generator", ACM Transactions
/// on Modeling and Computer Simulation 8 (1998), with the seeding of 2002. Elsewhere use `SplitMix64`, which is smaller.
package struct MersenneTwister: RandomNumberGenerator, Codable, Equatable, Sendable {
    private static let size = 624
    private var state: [UInt32]
    private var place = MersenneTwister.size

    /// numpy's `RandomState(seed)`.
    package init(seed: UInt32) {
        state = [seed]
        state.reserveCapacity(Self.size)
        for index in 1..<Self.size {
            let last = state[index - 1]
            state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
        }
    }

    /// Python's `random.Random(seed)` for a seed whose 32-bit digits, the lowest first, these are.
    package init(digits key: [UInt32]) {
        precondition(!key.isEmpty, "A seed has at least one digit.")
        self.init(seed: 19_650_218)
        var index = 1
        var digit = 0
        for _ in 0..<max(Self.size, key.count) {
            let last = state[index - 1]
            state[index] = (state[index] ^ ((last ^ (last >> 30)) &* 1_664_525)) &+ key[digit] &+ UInt32(digit)
            advance(&index)
            digit = (digit + 1) % key.count
        }
        for _ in 0..<Self.size - 1 {
            let last = state[index - 1]
            state[index] = (state[index] ^ ((last ^ (last >> 30)) &* 1_566_083_941)) &- UInt32(index)
            advance(&index)
        }
        state[0] = 0x8000_0000
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        state = try container.decode([UInt32].self, forKey: .state)
        place = try container.decode(Int.self, forKey: .place)
        guard state.count == Self.size, (0...Self.size).contains(place) else {
            throw DecodingError.dataCorruptedError(forKey: .state, in: container, debugDescription: "The state holds 624 words.")
        }
    }

    package mutating func next32() -> UInt32 {
        if place == Self.size { refill() }
        var word = state[place]
        place += 1
        word ^= word >> 11
        word ^= (word << 7) & 0x9D2C_5680
        word ^= (word << 15) & 0xEFC6_0000
        return word ^ (word >> 18)
    }

    package mutating func next() -> UInt64 {
        let high = UInt64(next32()) << 32
        return high | UInt64(next32())
    }

    /// Python's `sample(range(count), size)`: different positions below `count`, in the order drawn.
    package mutating func sample(_ size: Int, below count: Int) -> [Int] {
        precondition(size >= 0 && size <= count, "A sample without replacement is no larger than what it is drawn from.")
        // The size from which a set of what was drawn would take more memory than the pool.
        var pooledUpTo = 21
        if size > 5 {
            var power = 1
            while power < size * 3 { power *= 4 }
            pooledUpTo += power
        }
        if count <= pooledUpTo {
            var pool = Array(0..<count)
            return (0..<size).map { taken in
                let place = below(count - taken)
                let value = pool[place]
                pool[place] = pool[count - taken - 1]
                return value
            }
        }
        var drawn: Set<Int> = []
        return (0..<size).map { _ in
            var value = below(count)
            while !drawn.insert(value).inserted { value = below(count) }
            return value
        }
    }

    /// numpy's `RandomState.permutation`: the values in a random order.
    package mutating func permutation<Value>(_ values: [Value]) -> [Value] {
        var shuffled = values
        for last in stride(from: values.count - 1, to: 0, by: -1) {
            let mask = UInt32.max >> UInt32(UInt32(last).leadingZeroBitCount)
            var other = next32() & mask
            while other > UInt32(last) { other = next32() & mask }
            shuffled.swapAt(last, Int(other))
        }
        return shuffled
    }

    /// Python's `randrange(limit)`, for limits below 2³².
    private mutating func below(_ limit: Int) -> Int {
        let bits = UInt32(Int.bitWidth - limit.leadingZeroBitCount)
        var value = next32() >> (32 - bits)
        while Int(value) >= limit { value = next32() >> (32 - bits) }
        return Int(value)
    }

    private mutating func advance(_ index: inout Int) {
        index += 1
        guard index == Self.size else { return }
        state[0] = state[Self.size - 1]
        index = 1
    }

    private mutating func refill() {
        for index in 0..<Self.size {
            let joined = (state[index] & 0x8000_0000) | (state[(index + 1) % Self.size] & 0x7FFF_FFFF)
            state[index] = state[(index + 397) % Self.size] ^ (joined >> 1) ^ (joined & 1 == 1 ? 0x9908_B0DF : 0)
        }
        place = 0
    }
}
