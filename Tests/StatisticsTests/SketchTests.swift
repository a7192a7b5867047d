// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Sketches keep their error bounds")
struct SketchTests {
    private static let shares = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]

    /// Log-normal, uniform, or few different values.
    private func column(_ count: Int, kind: Int, _ generator: inout SplitMix64) -> [Double] {
        (0..<count).map { _ in
            let uniform = Double.random(in: 0..<1, using: &generator)
            return kind == 0 ? exp(6 * uniform) : kind == 1 ? uniform : (20 * uniform).rounded()
        }
    }

    @Test("quantiles of a merged KLL sketch are within the stated error of rank", arguments: 0..<3)
    func quantileError(kind: Int) throws {
        var misses = 0
        for seed in 1...15 as ClosedRange<UInt64> {
            var generator = SplitMix64(seed: seed)
            let values = column(12_000, kind: kind, &generator)
            var sketch = KLLSketch(seed: seed)
            for part in 0..<6 {
                var piece = KLLSketch(seed: seed &* 100 &+ UInt64(part))
                for value in values[part * 2000..<(part + 1) * 2000] { piece.add(value) }
                let isMerged = sketch.merge(piece)
                #expect(isMerged)
            }
            #expect(sketch.count == values.count && sketch.minimum == values.min() && sketch.maximum == values.max())
            let sorted = values.sorted()
            for (share, value) in zip(Self.shares, try #require(sketch.quantiles(Self.shares))) {
                let below = Double(sorted.count { $0 < value }) / Double(sorted.count)
                let upTo = Double(sorted.count { $0 <= value }) / Double(sorted.count)
                if share < below - sketch.rankError || share > upTo + sketch.rankError { misses += 1 }
                let rank = try #require(sketch.rank(of: value))
                if abs(rank - upTo) > sketch.rankError { misses += 1 }
            }
        }
        // The bound is for 99 %: of 270, 2.7 are expected to miss; more than 12 do with a chance below 1e-5.
        #expect(misses <= 12, "\(misses) of 270, kind \(kind)")
    }

    @Test("a sketch that never filled up is exact, and an empty one says nothing")
    func exactWhileSmall() throws {
        var sketch = KLLSketch()
        #expect(sketch.quantiles([0.5]) == nil && sketch.rank(of: 1) == nil)
        for value in [Double.nan, .infinity, -.infinity] { sketch.add(value) }
        #expect(sketch.count == 0)
        for value in stride(from: 99.0, through: 0, by: -1) { sketch.add(value) }
        #expect(sketch.quantiles([0, 0.01, 0.5, 0.995, 1]) == [0, 0, 49, 99, 99])
        #expect(sketch.rank(of: 24) == 0.25)
        let isMerged = sketch.merge(KLLSketch(k: 100))
        #expect(!isMerged)
    }

    @Test("weight and memory of a KLL sketch stay in bounds, and JSON keeps it")
    func bounded() throws {
        var sketch = KLLSketch(k: 64, seed: 3)
        var generator = SplitMix64(seed: 3)
        for _ in 0..<50_000 { sketch.add(Double.random(in: 0..<1, using: &generator)) }
        let json = try JSONEncoder().encode(sketch)
        #expect(json.count < 6000, "\(json.count) bytes for about 190 numbers")
        var restored = try JSONDecoder().decode(KLLSketch.self, from: json)
        #expect(restored == sketch)
        for _ in 0..<500 {
            let value = Double.random(in: 0..<1, using: &generator)
            restored.add(value)
            sketch.add(value)
        }
        #expect(restored == sketch)
        let text = try #require(String(data: json, encoding: .utf8)).replacing("\"count\":50000", with: "\"count\":50001")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(KLLSketch.self, from: Data(text.utf8)) }
    }

    @Test("distinct counts are within four standard errors, from none to a hundred thousand")
    func distinctCounts() {
        #expect(HyperLogLog().estimate == 0)
        for seed in 1...5 as ClosedRange<UInt64> {
            var generator = SplitMix64(seed: seed)
            var sketch = HyperLogLog()
            var count = 0
            for size in [1, 10, 100, 1000, 10_000, 100_000] {
                while count < size {
                    sketch.add(Double.random(in: 0..<1, using: &generator))
                    count += 1
                }
                let error = sketch.estimate / Double(size) - 1
                #expect(abs(error) < 4 * HyperLogLog.standardError, "\(size) values: \(sketch.estimate), seed \(seed)")
            }
        }
    }

    @Test("merging distinct counts is a union: any order, and twice is once")
    func distinctUnion() throws {
        var (left, right, both) = (HyperLogLog(), HyperLogLog(), HyperLogLog())
        for number in 0..<5000 {
            if number < 3000 { left.add("value \(number)") }
            if number > 2000 { right.add("value \(number)") }
            both.add("value \(number)")
        }
        var (there, back) = (left, right)
        #expect(there.merge(right) && back.merge(left) && there.merge(right))
        #expect(there == both && back == both)
        #expect(try JSONDecoder().decode(HyperLogLog.self, from: JSONEncoder().encode(both)) == both)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(HyperLogLog.self, from: Data(#""AAAA""#.utf8)) }
    }

    @Test("counts of heavy hitters are within their bounds, also after merging", arguments: 1...10 as ClosedRange<UInt64>)
    func heavyHitters(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var truth: [String: Int] = [:]
        var merged = HeavyHitters(capacity: 20)
        for _ in 0..<5 {
            var part = HeavyHitters(capacity: 20)
            for _ in 0..<2000 {
                // About as many of one rank as of all twice as rare.
                let value = "v\(Int(pow(300, Double.random(in: 0..<1, using: &generator))))"
                part.add(value)
                truth[value, default: 0] += 1
            }
            let isMerged = merged.merge(part)
            #expect(isMerged)
        }
        #expect(merged.total == 10_000 && merged.error * 21 <= merged.total, "seed \(seed)")
        for (value, count) in truth {
            #expect(merged.bounds(of: value).contains(count), "\(value), seed \(seed)")
            if count * 21 > merged.total { #expect(merged.items.contains { $0.value == value }, "\(value), seed \(seed)") }
        }
        #expect(merged.items.first?.value == "v1")
        let isMerged = merged.merge(HeavyHitters(capacity: 3))
        #expect(!isMerged)
    }

    @Test("few different values are counted exactly")
    func exactHitters() {
        var hitters = HeavyHitters(capacity: 3)
        for value in ["b", "a", "b", "c", "a", "b"] { hitters.add(value) }
        #expect(hitters.items.map(\.value) == ["b", "a", "c"] && hitters.items.map(\.count) == [3, 2, 1] && hitters.error == 0)
    }
}
