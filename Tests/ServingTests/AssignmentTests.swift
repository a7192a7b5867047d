// SPDX-License-Identifier: Apache-2.0

import Serving
import Testing

@Suite("Assigning rows to revisions")
struct AssignmentTests {
    @Test("rows of a request have the bucket of their full id")
    func prefix() {
        for row in [0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 9999] {
            let bucket = Assignment(salt: "endpoint/7", id: "01KABCDEF").bucket(row: row)
            #expect(bucket == Assignment.bucket(salt: "endpoint/7", key: "01KABCDEF.\(row)"))
        }
    }

    @Test("each share gets its part of the keys, within six standard deviations of the binomial", arguments: [1, 5, 10, 25, 50, 75, 99])
    func shares(_ percent: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = Generator(state: seed)
        let count = 20_000
        let salt = "s\(generator.next())"
        let taken = (0..<count).count { _ in
            Assignment.position(bucket: Assignment.bucket(salt: salt, key: "k\(generator.next())"), shares: [percent, 100 - percent]) == 0
        }
        let share = Double(percent) / 100
        let deviation = (Double(count) * share * (1 - share)).squareRoot()
        #expect(abs(Double(taken) - Double(count) * share) < 6 * deviation, "seed \(seed): \(taken) of \(count)")
    }

    @Test("raising the newest revision's share only adds keys to it")
    func raising() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = Generator(state: seed)
        for _ in 0..<2_000 {
            let bucket = Assignment.bucket(salt: "salt", key: "k\(generator.next())")
            var wasCandidate = false
            for percent in 0...100 {
                let isCandidate = Assignment.position(bucket: bucket, shares: [percent, 100 - percent]) == 0
                #expect(isCandidate || !wasCandidate, "seed \(seed)")
                wasCandidate = isCandidate
            }
            #expect(wasCandidate)
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014), so that a failing seed can be run again.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
