// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Mergeable profiles over a frozen reference")
struct ProfileTests {
    private func numbers(_ count: Int, _ generator: inout SplitMix64, shift: Double = 0) -> [Double?] {
        (0..<count).map { _ in
            guard Double.random(in: 0..<1, using: &generator) > 0.05 else { return nil }
            return shift + (Double.random(in: -50...50, using: &generator) * 8).rounded() / 8
        }
    }

    private func words(_ count: Int, _ generator: inout SplitMix64) -> [String?] {
        (0..<count).map { _ in
            let rank = Int(pow(400, Double.random(in: 0..<1, using: &generator)))
            return rank == 7 ? nil : "category \(rank)"
        }
    }

    private func numericParts(_ generator: inout SplitMix64, _ count: Int) throws -> (
        empty: NumericSketch, parts: [NumericSketch], values: [Double?]
    ) {
        let reference = try #require(NumericReference(reference: numbers(2000, &generator).compactMap(\.self)))
        let columns = (0..<count).map { _ in numbers(300, &generator, shift: 4) }
        let parts = columns.enumerated().map { place, column in
            var part = NumericSketch(reference: reference, seed: UInt64(place))
            for value in column { part.add(value) }
            return part
        }
        return (NumericSketch(reference: reference), parts, Array(columns.joined()))
    }

    @Test("a reference has ten bins and 256, fewer where values repeat")
    func references() throws {
        let wide = try #require(NumericReference(reference: (0..<10_000).map(Double.init)))
        #expect(wide.deciles.count == 10 && wide.fine.count == 256 && wide.range == 0...9999)
        let constant = try #require(NumericReference(reference: [3, 3, 3]))
        #expect(constant.deciles.edges == [3] && constant.fine.edges == [3])
        #expect(NumericReference(reference: []) == nil && NumericReference(reference: [.nan, .infinity]) == nil)
    }

    @Test("counts, nulls, range and moments are those of all values, however they were merged", arguments: 1...10 as ClosedRange<UInt64>)
    func exactCounts(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let (empty, parts, values) = try numericParts(&generator, 5)
        var whole = empty
        for value in values { whole.add(value) }
        var merged = empty
        for part in parts.shuffled(using: &generator) {
            let isMerged = merged.merge(part)
            #expect(isMerged)
        }
        #expect(merged.fineCounts == whole.fineCounts && merged.profile.counts == whole.profile.counts, "seed \(seed)")
        #expect(merged.nulls == whole.nulls && merged.below == whole.below && merged.above == whole.above, "seed \(seed)")
        #expect(merged.distinct == whole.distinct && merged.rowCount == 1500, "seed \(seed)")
        let present = values.compactMap(\.self)
        #expect(merged.above == present.count { $0 > empty.reference.range.upperBound })
        expectStatistic(merged.moments.mean, try #require(SampleSummary(present)).mean, "seed \(seed) mean")
        expectStatistic(merged.moments.populationVariance, try #require(SampleSummary(present)).populationVariance, "seed \(seed) variance")
    }

    @Test("the real gap lies between the bounds that the bins give, which are close", arguments: 1...20 as ClosedRange<UInt64>)
    func gapBounds(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let before = numbers(3000, &generator)
        let after = numbers(800, &generator, shift: Double(seed) - 10)
        let reference = try #require(NumericReference(reference: before.compactMap(\.self)))
        var (baseline, window) = (NumericSketch(reference: reference), NumericSketch(reference: reference))
        for value in before { baseline.add(value) }
        for value in after { window.add(value) }
        let gap = try #require(KolmogorovSmirnov(before.compactMap(\.self), after.compactMap(\.self))).statistic
        let bounds = try #require(window.gapBounds(from: baseline))
        #expect(bounds.lowerBound <= gap + 1e-12 && gap <= bounds.upperBound + 1e-12, "\(bounds), \(gap), seed \(seed)")
        // Ties make some bins wider than 1/256; the outer ones hold what lies beyond the reference.
        #expect(bounds.upperBound - bounds.lowerBound < 0.03, "\(bounds), seed \(seed)")
        #expect(try #require(window.distances(from: baseline)).totalVariation > 0)
    }

    @Test("NaN is a null; infinities fall into the outer bins and out of the moments")
    func oddNumbers() throws {
        var sketch = NumericSketch(reference: try #require(NumericReference(reference: [1, 2, 3])))
        for value in [nil, .nan, .infinity, -.infinity, 2] as [Double?] { sketch.add(value) }
        #expect(sketch.nulls == 2 && sketch.valueCount == 3 && sketch.infinite == 2 && sketch.below == 1 && sketch.above == 1)
        #expect(sketch.moments.count == 1 && sketch.quantiles.count == 1 && sketch.unseen == 2)
        #expect(try JSONDecoder().decode(NumericSketch.self, from: JSONEncoder().encode(sketch)) == sketch)
        let other = NumericSketch(reference: try #require(NumericReference(reference: [4, 5])))
        // Whatever the number of edges, a bin is the number of edges below.
        for count in [2, 3, 10, 100, 256, 257, 400] {
            let bins = try #require(ReferenceBins(reference: (0..<1000).map(Double.init), count: count))
            #expect(bins.edges.count == count - 1)
            for value in [-Double.infinity, -1, 0, 333, 333.5, 499.5, 998, 999, 5000, .infinity] + bins.edges {
                #expect(bins.index(of: value) == bins.edges.count { $0 < value }, "\(value) of \(count)")
            }
        }
        let before = sketch
        let isMerged = sketch.merge(other)
        #expect(!isMerged && sketch == before && sketch.gapBounds(from: other) == nil)
    }

    @Test("categories are counted by name, as others or as unseen")
    func categories() throws {
        var generator = SplitMix64(seed: 3)
        let baseline = CategoricalProfile(words(5000, &generator))
        let reference = CategoryReference(counts: baseline.counts, limit: 50)
        #expect(reference.names.count == 50 && reference.isComplete)
        let window = words(3000, &generator) + ["new", "newer", "new"]
        var sketch = CategoricalSketch(reference: reference)
        for value in window { sketch.add(value) }
        let exact = CategoricalProfile(window)
        for (place, name) in reference.names.enumerated() { #expect(sketch.counts[place] == exact.counts[name] ?? 0, "\(name)") }
        let unseen = exact.newCategories(against: baseline).reduce(0) { $0 + (exact.counts[$1] ?? 0) }
        #expect(sketch.unseen == unseen && sketch.unseen >= 3 && sketch.nulls == exact.nulls)
        #expect(sketch.valueCount == exact.valueCount && sketch.table.reduce(0, +) == exact.valueCount)
        #expect(abs(sketch.distinct.estimate / Double(exact.counts.count) - 1) < 0.07)
        #expect(sketch.hitters.total == sketch.other + sketch.unseen && sketch.hitters.bounds(of: "new").contains(2))
        let forgetful = CategoryReference(counts: baseline.counts, limit: 50, otherLimit: 10)
        #expect(!forgetful.isComplete && forgetful.place(of: "new") == .other)
        #expect(sketch.stabilityIndex(against: CategoricalSketch(reference: forgetful)) == nil)
    }

    /// A random sequence of parts from three replicas: late, twice and out of order.
    private func deliveries(_ count: Int, _ generator: inout SplitMix64) -> [(part: Int, replica: String, sequence: Int)] {
        let once = (0..<count).map { (part: $0, replica: "replica \($0 % 3)", sequence: $0 / 3 + 1) }
        return (once + once.shuffled(using: &generator).prefix(count / 2)).shuffled(using: &generator)
    }

    @Test("gathering is associative, commutative and idempotent, to the last bit", arguments: 1...15 as ClosedRange<UInt64>)
    func replicatedLaws(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let (empty, parts, values) = try numericParts(&generator, 12)
        func gathered(_ deliveries: some Sequence<(part: Int, replica: String, sequence: Int)>) -> ReplicatedProfile<NumericSketch> {
            var profile = ReplicatedProfile(empty: empty)
            for delivery in deliveries {
                let outcome = profile.add(parts[delivery.part], replica: delivery.replica, sequence: delivery.sequence)
                #expect(outcome != .refused)
            }
            return profile
        }
        let all = gathered(deliveries(12, &generator))
        #expect(all == gathered(deliveries(12, &generator)) && all.partCount == 12, "seed \(seed)")
        // Three gatherers that each saw some of it, overlapping.
        let seen = (0..<3).map { _ in gathered(deliveries(12, &generator).prefix(9)) }
        func union(_ profiles: ReplicatedProfile<NumericSketch>...) -> ReplicatedProfile<NumericSketch> {
            var total = profiles[0]
            for profile in profiles.dropFirst() {
                let isMerged = total.merge(profile)
                #expect(isMerged)
            }
            return total
        }
        let (a, b, c) = (seen[0], seen[1], seen[2])
        #expect(union(a, b) == union(b, a) && union(a, a) == a && union(a, b, b, a) == union(a, b), "seed \(seed)")
        #expect(union(union(a, b), c) == union(a, union(b, c)) && union(c, a, b) == union(a, b, c), "seed \(seed)")
        #expect(union(a, b, c, all) == all, "seed \(seed)")
        // Whatever arrived, the total counts each part once.
        var direct = empty
        for value in values { direct.add(value) }
        #expect(all.total.fineCounts == direct.fineCounts && all.total.nulls == direct.nulls && all.total.distinct == direct.distinct)
        #expect(all.total == union(c, b, a, all).total, "seed \(seed)")
        #expect(try JSONDecoder().decode(ReplicatedProfile<NumericSketch>.self, from: JSONEncoder().encode(a)) == a)
    }

    @Test("parts in waiting count, repeated ones do not, and foreign ones are refused")
    func outcomes() throws {
        let reference = CategoryReference(counts: ["a": 2, "b": 1])
        var part = CategoricalSketch(reference: reference)
        for value in ["a", "b", nil, "z"] { part.add(value) }
        var profile = ReplicatedProfile(empty: CategoricalSketch(reference: reference))
        #expect(profile.add(part, replica: "r", sequence: 3) == .added)
        #expect(profile.add(part, replica: "r", sequence: 3) == .repeated)
        #expect(profile.add(part, replica: "r", sequence: 1) == .added)
        #expect(profile.add(part, replica: "r", sequence: 1) == .repeated)
        #expect(profile.add(part, replica: "r", sequence: 0) == .refused)
        #expect(profile.add(CategoricalSketch(reference: CategoryReference(counts: ["c": 1])), replica: "r", sequence: 2) == .refused)
        #expect(profile.total.counts == [2, 2] && profile.total.unseen == 2 && profile.total.nulls == 2)
        #expect(profile.contains(replica: "r", sequence: 3) && !profile.contains(replica: "r", sequence: 2))
        #expect(profile.add(part, replica: "r", sequence: 2) == .added)
        #expect(profile.partCount == 3 && profile.total.valueCount == 9)
    }

    @Test("a damaged sketch is refused")
    func damaged() throws {
        var sketch = NumericSketch(reference: try #require(NumericReference(reference: [1, 2, 3, 4])))
        sketch.add(2)
        let text = try #require(String(data: JSONEncoder().encode(sketch), encoding: .utf8))
        #expect(try JSONDecoder().decode(NumericSketch.self, from: Data(text.utf8)) == sketch)
        for (field, wrong) in [("\"below\":0", "\"below\":-1"), ("\"fineCounts\":[", "\"fineCounts\":[5,")] {
            let damaged = text.replacing(field, with: wrong)
            #expect(damaged != text)
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(NumericSketch.self, from: Data(damaged.utf8)) }
        }
    }
}
