// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Change detectors")
struct DetectorTests {
    static let detectors: [any ChangeDetector] = [
        ADWIN(), ADWIN(delta: 0.05, clock: 1), PageHinkley(threshold: 20), KSWIN(seed: 1), DDM(), EDDM(), HDDMA(isTwoSided: true),
        HDDMW(isTwoSided: true), FHDDM(),
    ]

    /// Errors at 10 %, then 60 %, then 10 % again.
    private func stream(_ seed: UInt64) -> [Double] {
        var generator = SplitMix64(seed: seed)
        return [0.1, 0.6, 0.1].flatMap { rate in (0..<500).map { _ in Double.random(in: 0..<1, using: &generator) < rate ? 1.0 : 0 } }
    }

    private func alarms(_ detector: some ChangeDetector, on values: [Double]) -> [Int] {
        var detector = detector
        return values.indices.filter { detector.update(values[$0]) == .change }
    }

    @Test("what is not finite changes nothing", arguments: detectors.indices)
    func notFinite(index: Int) {
        let values = stream(3)
        let plain = alarms(Self.detectors[index], on: values)
        let mixed = alarms(Self.detectors[index], on: values.flatMap { [$0, .nan, .infinity] })
        #expect(mixed.map { $0 / 3 } == plain)
    }

    @Test("a detector that was saved and read again goes on alike", arguments: detectors.indices)
    func restored(index: Int) throws {
        func check<Detector: ChangeDetector>(_ detector: Detector) throws {
            let values = stream(4)
            var whole = detector
            var parts = detector
            for (row, value) in values.enumerated() {
                if row % 250 == 249 { parts = try JSONDecoder().decode(Detector.self, from: JSONEncoder().encode(parts)) }
                #expect(whole.update(value) == parts.update(value), "row \(row)")
            }
        }
        try check(Self.detectors[index])
    }

    @Test("after a change a detector is as new", arguments: detectors.indices)
    func restarts(index: Int) throws {
        let values = stream(5)
        let found = alarms(Self.detectors[index], on: values)
        guard let first = found.first else { return }
        let later = alarms(Self.detectors[index], on: Array(values[(first + 1)...])).map { $0 + first + 1 }
        #expect(found == [first] + later)
    }

    @Test("the rise is found within 150 errors by those that see rises, the fall by those that see falls")
    func delays() {
        for seed in 1...10 as ClosedRange<UInt64> {
            let values = stream(seed)
            let rises: [any ChangeDetector] = [
                ADWIN(), PageHinkley(threshold: 20), DDM(), HDDMA(), HDDMW(),
            ]
            for detector in rises {
                let found = alarms(detector, on: values)
                #expect(found.contains { (500..<650).contains($0) }, "\(type(of: detector)), seed \(seed): \(found)")
            }
            for detector in [ADWIN(), HDDMA(isTwoSided: true), HDDMW(isTwoSided: true), FHDDM()] as [any ChangeDetector] {
                let found = alarms(detector, on: values)
                #expect(found.contains { (1000..<1150).contains($0) }, "\(type(of: detector)), seed \(seed): \(found)")
            }
        }
    }

    @Test("an adaptive window holds what is alike, with its mean and variance")
    func adaptiveWindow() throws {
        var detector = ADWIN()
        #expect(detector.estimate == 0 && detector.variance == 0 && detector.width == 0)
        var generator = SplitMix64(seed: 8)
        let values = (0..<1000).map { _ in Double.random(in: 0..<1, using: &generator) }
        for value in values { _ = detector.update(value) }
        let summary = try #require(SampleSummary(values))
        #expect(detector.width == 1000)
        expectStatistic(detector.estimate, summary.mean, "mean")
        expectStatistic(detector.variance, summary.populationVariance, "variance")
    }
}

@Suite("Generators that agree with Python's and numpy's")
struct MersenneTwisterTests {
    @Test("the numbers of random.Random(42), of a seed of two digits, and of RandomState(42)")
    func numbers() {
        var python = MersenneTwister(digits: [42])
        #expect((0..<4).map { _ in python.next32() } == [2_746_317_213, 478_163_327, 107_420_369, 3_184_935_163])
        var long = MersenneTwister(digits: [5, 256])
        #expect(long.next32() == 2_166_296_868)
        var numpy = MersenneTwister(seed: 42)
        #expect((0..<3).map { _ in numpy.next32() } == [1_608_637_542, 3_421_126_067, 4_083_286_876])
    }

    @Test("samples and permutations draw alike")
    func samples() {
        var pooled = MersenneTwister(digits: [42])
        #expect(
            pooled.sample(30, below: 70) == [
                14, 3, 35, 31, 28, 17, 13, 43, 47, 57, 34, 5, 37, 27, 2, 1, 58, 63, 69, 32, 38, 54, 67, 12, 45, 41, 59, 26, 51, 65,
            ])
        var sparse = MersenneTwister(digits: [7])
        #expect(sparse.sample(8, below: 1000) == [331, 970, 154, 404, 666, 49, 74, 840])
        var numpy = MersenneTwister(seed: 42)
        #expect(numpy.permutation(Array(0..<12)) == [10, 9, 0, 8, 5, 2, 1, 11, 4, 7, 3, 6])
    }

    @Test("a generator survives JSON, and a short state is refused")
    func codable() throws {
        var generator = MersenneTwister(digits: [1])
        _ = generator.next()
        var restored = try JSONDecoder().decode(MersenneTwister.self, from: JSONEncoder().encode(generator))
        #expect(restored.next() == generator.next())
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(MersenneTwister.self, from: Data(#"{"state":[1],"place":0}"#.utf8))
        }
    }
}
