// SPDX-License-Identifier: Apache-2.0

import Delivery
import Domain
import Statistics
import Testing

@Suite struct TrafficSplitTests {
    private func split(_ shares: [(Int, Int)]) throws -> TrafficSplit {
        try TrafficSplit(
            version: 1, salt: "s", since: Timestamp(milliseconds: 0),
            shares: shares.map { TrafficSplit.Share(revision: $0.0, percent: $0.1) })
    }

    @Test("answers each of the 100 buckets with the revisions' shares")
    func buckets() throws {
        var generator = SplitMix64(seed: 7)
        for _ in 0..<200 {
            let cuts = ([0, 100] + (0..<3).map { _ in Int.random(in: 0...100, using: &generator) }).sorted()
            let shares = zip(cuts, cuts.dropFirst()).enumerated().map { ($0.offset + 1, $0.element.1 - $0.element.0) }
            let split = try split(shares)
            let answers = (0..<100).map(split.revision(forBucket:))
            for (revision, percent) in shares {
                #expect(answers.count { $0 == revision } == percent)
                #expect(split.percent(of: revision) == percent)
            }
        }
    }

    @Test("raising the newest revision's share takes no bucket away from it")
    func monotone() throws {
        for percent in 1...100 {
            let less = try split([(1, 101 - percent), (2, percent - 1)])
            let more = try split([(1, 100 - percent), (2, percent)])
            for bucket in 0..<100 where less.revision(forBucket: bucket) == 2 {
                #expect(more.revision(forBucket: bucket) == 2)
            }
        }
    }

    @Test("refuses shares that are not per cents of one whole")
    func unbalanced() {
        let wrong = [[], [(1, 99)], [(1, 101)], [(1, 50), (2, 51)], [(1, -10), (2, 110)], [(1, 50), (1, 50)]]
        for shares in wrong { #expect(throws: Problem.self) { try split(shares) } }
    }
}
