// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Evidence about how long a canary takes")
struct LatencyEvidenceTests {
    private static let limits = [LatencyEvidence.Limit(quantile: 0.5, ratio: 1.2), LatencyEvidence.Limit(quantile: 0.99, ratio: 2)]

    /// Sums of twelve uniforms lie close to a normal law: durations as services have them, most near 2 ms, a few far longer.
    private static func duration(_ generator: inout SplitMix64) -> Double {
        let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
        return 2000 * exp(0.6 * normal)
    }

    /// - Parameter factor: Of the canary's durations, by the answer's number.
    private static func run(
        answers: Int, limits: [LatencyEvidence.Limit] = Self.limits, changing: Bool = false, incident: Bool = false,
        _ generator: inout SplitMix64, factor: Double
    ) -> LatencyEvidence {
        var evidence = LatencyEvidence(limits: limits)
        for number in 0..<answers {
            let weight = changing ? [0.1, 0.5, 0.25][number * 3 / answers] : 0.25
            let isCanary = Double.random(in: 0..<1, using: &generator) < weight
            let slow = incident && (answers / 3..<answers / 2).contains(number) ? 8.0 : 1
            evidence.observe(
                microseconds: Int64(duration(&generator) * slow * (isCanary ? factor : 1)), isCanary: isCanary, weight: weight)
        }
        return evidence
    }

    @Test(
        "a canary exactly as slow as it may be is called too slow in at most α of runs, looked at after every answer",
        arguments: [(false, false), (true, true)])
    func errorRate(changing: Bool, incident: Bool) {
        let seed: UInt64 = 11
        var generator = SplitMix64(seed: seed)
        let limits = [LatencyEvidence.Limit(quantile: 0.5, ratio: 1.2), LatencyEvidence.Limit(quantile: 0.9, ratio: 1.2)]
        let broken = (0..<400).count { _ in
            Self.run(answers: 500, limits: limits, changing: changing, incident: incident, &generator, factor: 1.2).broken(at: 0.05) != nil
        }
        // Binomial(400, 0.05) exceeds 41 with probability below 1e-4.
        #expect(broken <= 41, "\(broken) of 400, seed \(seed)")
    }

    @Test("a canary that takes twice as long is caught at the median, one with a long tail where one in a hundred takes longer")
    func power() {
        var generator = SplitMix64(seed: 12)
        let caught = (0..<20).count { _ in Self.run(answers: 1500, &generator, factor: 2).broken(at: 0.05) == 0 }
        #expect(caught == 20)
        var evidence = LatencyEvidence(limits: Self.limits)
        for number in 0..<6000 {
            let isCanary = number % 4 == 0
            let stalls = isCanary && number % 80 == 0
            evidence.observe(microseconds: stalls ? 500_000 : Int64(Self.duration(&generator)), isCanary: isCanary, weight: 0.25)
        }
        #expect(evidence.broken(at: 0.05) == 1)
    }

    @Test("compares only what was measured at the same share, and says nothing without a share")
    func shares() throws {
        var evidence = LatencyEvidence(limits: Self.limits)
        for number in 0..<1000 { evidence.observe(microseconds: 9000, isCanary: number % 10 == 0, weight: 0.1) }
        #expect(evidence.candidate.count == 100 && evidence.stable.count == 900)
        evidence.observe(microseconds: 5, isCanary: true, weight: 0)
        #expect(evidence.candidate.count == 100)
        evidence.observe(microseconds: 1000, isCanary: false, weight: 0.5)
        evidence.observe(microseconds: 3000, isCanary: true, weight: 0.5)
        let comparison = try #require(evidence.comparison(0))
        #expect(abs(comparison.ratio - 3) < 0.2 && comparison.interval == nil)
    }

    @Test("one entity's slow answers count once, when the caller says so")
    func entities() {
        var evidence = LatencyEvidence(limits: Self.limits)
        for _ in 0..<200 { evidence.observe(microseconds: 1000, isCanary: false, weight: 0.5) }
        for number in 0..<100 { evidence.observe(microseconds: 90_000, isCanary: true, weight: 0.5) { _ in number == 0 } }
        #expect(evidence.tests.allSatisfy { $0.eventCount == 1 })
    }

    @Test("quantiles are at most a bin away from the sample's, and the interval by order holds as often as it says")
    func histogram() throws {
        var generator = SplitMix64(seed: 13)
        var (held, runs) = (0, 200)
        while runs > 0 {
            runs -= 1
            var histogram = LatencyHistogram()
            for _ in 0..<300 { histogram.add(Int64(Self.duration(&generator))) }
            // The median of this law is 2 ms.
            if try #require(histogram.interval(of: 0.5, confidence: 0.975)).contains(2000) { held += 1 }
        }
        #expect(held >= 187)
        var histogram = LatencyHistogram()
        for value in 1...1000 { histogram.add(Int64(value)) }
        #expect(try #require(histogram.quantile(0.5)) / 500 < 1.05 && histogram.quantile(0.5)! >= 500)
        #expect(histogram.interval(of: 0.999, confidence: 0.975) == nil)
        #expect(LatencyHistogram().quantile(0.5) == nil && LatencyHistogram().interval(of: 0.5, confidence: 0.9) == nil)
    }

    @Test("is the same after it was kept and read, and refuses what it cannot have been")
    func coding() throws {
        var generator = SplitMix64(seed: 14)
        var evidence = Self.run(answers: 400, &generator, factor: 1.5)
        evidence.observe(microseconds: .max, isCanary: true, weight: 0.25)
        evidence.observe(microseconds: -5, isCanary: true, weight: 0.25)
        let kept = try JSONEncoder().encode(evidence)
        #expect(try JSONDecoder().decode(LatencyEvidence.self, from: kept) == evidence)
        for text in [#"{"first": -1, "counts": [1]}"#, #"{"first": 527, "counts": [1]}"#, #"{"first": 0, "counts": [-1]}"#] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(LatencyHistogram.self, from: Data(text.utf8)) }
        }
    }
}
