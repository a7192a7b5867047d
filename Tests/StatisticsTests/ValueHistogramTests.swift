// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Histograms without a range, and tables of categories without a reference")
struct ValueHistogramTests {
    /// Normal numbers by the sum of twelve uniform ones.
    private func numbers(_ count: Int, _ kind: Int, _ generator: inout SplitMix64) -> [Double] {
        (0..<count).map { _ in
            let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
            return switch kind {
            case 0: normal
            case 1: 1000 + normal
            case 2: exp(8 * normal)
            default: (10 * normal).rounded()
            }
        }
    }

    @Test("merging is associative and commutative to the last bit of every count", arguments: 0..<4)
    func merging(kind: Int) throws {
        var generator = SplitMix64(seed: UInt64(kind) + 1)
        let parts = (0..<4).map { part in ValueHistogram(numbers(part == 2 ? 30 : 4000, kind, &generator) + [.infinity, -0.0]) }
        var (forward, backward, paired) = (parts[0], parts[3], parts[1])
        var areMerged = parts.dropFirst().map { forward.merge($0) }
        areMerged += parts.dropLast().reversed().map { backward.merge($0) }
        #expect(areMerged.allSatisfy { $0 })
        var last = parts[3]
        #expect(last.merge(parts[0]) && paired.merge(parts[2]) && paired.merge(last))
        for other in [backward, paired] {
            #expect(forward.buckets == other.buckets && forward.shift == other.shift && forward.infinities == 4)
            #expect(forward.minimum == other.minimum && forward.maximum == other.maximum && forward.count == other.count)
            #expect(abs(forward.moments.mean - other.moments.mean) <= 1e-9 * abs(forward.moments.mean) + 1e-12)
        }
        #expect(forward.bucketCount <= ValueHistogram.capacity)
        let json = try JSONEncoder().encode(forward)
        #expect(try JSONDecoder().decode(ValueHistogram.self, from: json) == forward)
        #expect(json.count < 20_000, "\(json.count) bytes")
    }

    @Test("counts below the end of any bucket are exact, and quantiles are off by a bucket at most", arguments: 0..<4)
    func counts(kind: Int) throws {
        var generator = SplitMix64(seed: 7)
        let values = numbers(20_000, kind, &generator)
        let histogram = ValueHistogram(values)
        let sorted = values.sorted()
        var total = 0
        for bucket in histogram.buckets {
            total += bucket.count
            #expect(bucket.count == values.count { $0 >= bucket.low && $0 <= bucket.high })
        }
        #expect(total == values.count)
        for (share, quantile) in zip([0.01, 0.25, 0.5, 0.9], try #require(histogram.quantiles([0.01, 0.25, 0.5, 0.9]))) {
            let exact = sorted[Int(share * Double(values.count - 1))]
            let bucket = try #require(histogram.buckets.first { $0.low <= exact && exact <= $0.high })
            #expect(abs(quantile - exact) <= 2 * (bucket.high - bucket.low) + 0.01, "\(share): \(quantile) for \(exact)")
            let rank = Double(sorted.count { $0 <= quantile }) / Double(sorted.count)
            #expect(kind == 3 || abs(rank - share) < 0.01)
        }
    }

    @Test("few numbers are kept exactly, and compare as the numbers themselves do")
    func exact() throws {
        var generator = SplitMix64(seed: 3)
        let (before, after) = (numbers(900, 0, &generator), numbers(700, 0, &generator).map { $0 + 0.3 })
        let comparison = try #require(ValueComparison(ValueHistogram(before), ValueHistogram(after)))
        let test = try #require(KolmogorovSmirnov(before, after))
        #expect(comparison.isExact && comparison.kolmogorovSmirnov == test)
        let distance = try #require(Wasserstein.distanceInDeviations(of: before, to: after))
        #expect(abs(try #require(comparison.wasserstein).deviations - distance) < 1e-9)
        let bins = try #require(ReferenceBins(reference: before))
        #expect(zip(comparison.decileEdges, bins.edges).allSatisfy { abs($0 - $1) < 1e-12 })
        let profile = try #require(NumericProfile(baseline: before))
        var window = NumericProfile(bins: profile.bins)
        for value in after { window.add(value) }
        #expect(comparison.stabilityIndex == window.stabilityIndex(against: profile))
        #expect(ValueHistogram(before).quantiles([0.1, 0.5])?[1] == Quantiles(of: before)?[0.5])
    }

    @Test("with many numbers the gap is never too large, and near what it is")
    func gap() throws {
        var generator = SplitMix64(seed: 5)
        let (before, after) = (numbers(30_000, 0, &generator), numbers(30_000, 0, &generator).map { $0 + 0.1 })
        let comparison = try #require(ValueComparison(ValueHistogram(before), ValueHistogram(after)))
        let exact = try #require(KolmogorovSmirnov(before, after)).statistic
        #expect(!comparison.isExact && comparison.kolmogorovSmirnov.statistic <= exact)
        #expect(comparison.kolmogorovSmirnov.statistic > exact - 0.005)
        let distance = try #require(Wasserstein.distanceInDeviations(of: before, to: after))
        #expect(abs(try #require(comparison.wasserstein).deviations - distance) < 0.002)
    }

    @Test("the ends of what a number can be, zeros of both signs and numbers beyond the baseline's range")
    func edges() throws {
        let extremes = [
            -Double.greatestFiniteMagnitude, -1, -.leastNonzeroMagnitude, -0.0, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
        ]
        let histogram = ValueHistogram(extremes)
        #expect(
            histogram.bucketCount == 6 && histogram.buckets.map(\.middle) == [extremes[0], -1, extremes[2], 0, extremes[5], extremes[6]])
        var wide = histogram
        var generator = SplitMix64(seed: 1)
        for _ in 0..<50_000 { wide.add(Double(bitPattern: UInt64.random(in: 0..<0x7FF0 << 48, using: &generator))) }
        #expect(wide.bucketCount <= ValueHistogram.capacity && wide.buckets.reduce(0) { $0 + $1.count } == wide.count)
        #expect(wide.maximum == .greatestFiniteMagnitude)
        let comparison = try #require(ValueComparison(ValueHistogram([1, 2, 3]), ValueHistogram([0, 2, 4, 5])))
        #expect(comparison.below == 1 && comparison.above == 2)
        #expect(ValueComparison(ValueHistogram(), histogram) == nil)
        #expect(try #require(ValueComparison(ValueHistogram([5, 5]), ValueHistogram([5]))).chiSquareTest == nil)
    }

    @Test("a table of more categories than fit keeps the same ones with exact counts, in whatever order they came", arguments: 1...3)
    func manyCategories(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        let values = (0..<60_000).map { _ in "id \(Int(pow(40_000, Double.random(in: 0..<1, using: &generator))))" }
        let whole = CategoryTable(values)
        let parts = [values[0..<1000], values[1000..<30_000], values[30_000...]].map { CategoryTable($0) }
        var (there, back) = (parts[0], parts[2])
        #expect(there.merge(parts[1]) && there.merge(parts[2]) && back.merge(parts[1]) && back.merge(parts[0]))
        #expect(there == whole && back == whole && !whole.isComplete && whole.count == values.count)
        let truth = Dictionary(values.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(whole.categories.count == CategoryTable.capacity)
        #expect(whole.categories.allSatisfy { truth[$0.text] == $0.count })
        #expect(abs(whole.distinct / Double(truth.count) - 1) < 0.07, "\(whole.distinct) for \(truth.count)")
        #expect(try JSONDecoder().decode(CategoryTable.self, from: JSONEncoder().encode(whole)) == whole)
    }

    @Test("few categories are counted by name, and pairs cover both sides")
    func fewCategories() throws {
        let (left, right) = (CategoryTable(["a", "b", "b", ""]), CategoryTable(["b", "c"]))
        #expect(left.isComplete && left.distinct == 3 && left.categories.map(\.text) == ["b", "", "a"])
        let pairs = Dictionary(left.pairs(with: right).map { ($0.text, [$0.here, $0.there]) }, uniquingKeysWith: +)
        #expect(pairs == ["a": [1, 0], "b": [2, 1], "": [1, 0], "c": [0, 1]])
        var merged = left
        #expect(merged.merge(right) && merged == CategoryTable(["a", "b", "b", "", "b", "c"]))
        #expect(try JSONDecoder().decode(CategoryTable.self, from: JSONEncoder().encode(merged)) == merged)
        let json = String(decoding: try JSONEncoder().encode(merged), as: UTF8.self).replacing(
            "\"isComplete\":true", with: "\"isComplete\":false")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(CategoryTable.self, from: Data(json.utf8)) }
    }

    @Test("beyond the range of the baseline: the chance is that of all the largest coming from one side")
    func extremes() {
        #expect(Extremes.pValue(below: 0, above: 0, window: 5, baseline: 5) == 1)
        #expect(abs(Extremes.pValue(below: 0, above: 3, window: 5, baseline: 5) - 2 * (5.0 * 4 * 3) / (10 * 9 * 8)) < 1e-12)
        #expect(Extremes.chance(ofAll: 6, inWindow: 5, of: 10) == 0)
        #expect(Extremes.pValue(below: 0, above: 900_000, window: 1_000_000, baseline: 1_000_000) == 0)
    }
}
