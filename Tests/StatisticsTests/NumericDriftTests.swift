// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import Testing

@Suite("Drift of numeric columns")
struct NumericDriftTests {
    @Test("nothing is claimed about empty samples, NaN or other bins")
    func nothingToCompare() throws {
        #expect(NumericProfile(baseline: [nil, .nan]) == nil)
        #expect(KolmogorovSmirnov([], [1]) == nil)
        #expect(KolmogorovSmirnov([1], [.nan]) == nil)
        #expect(Wasserstein.distance([1], [.infinity]) == nil)
        #expect(Quantiles(of: []) == nil)
        let one = try #require(NumericProfile(baseline: [1, 2, 3]))
        var other = try #require(NumericProfile(baseline: [4, 5, 6]))
        #expect(one.stabilityIndex(against: other) == nil)
        let before = other
        let isMerged = other.merge(one)
        #expect(!isMerged && other == before)
        #expect(NumericProfile(bins: one.bins).stabilityIndex(against: one) == nil)
        var odd = NumericProfile(bins: one.bins)
        for value in [Double.nan, .infinity, -.infinity, 2] { odd.add(value) }
        #expect(odd.nulls == 1 && odd.valueCount == 3 && odd.moments.mean == 2)
    }

    @Test("a profile survives JSON, and a damaged one is refused")
    func codable() throws {
        var profile = try #require(NumericProfile(baseline: [0.1, 0.2, 0.3, nil]))
        profile.add(7)
        let json = try JSONEncoder().encode(profile)
        #expect(try JSONDecoder().decode(NumericProfile.self, from: json) == profile)
        let text = try #require(String(data: json, encoding: .utf8))
        for damaged in [text.replacing("\"counts\":[", with: "\"counts\":[9,"), text.replacing("\"edges\":[", with: "\"edges\":[1e9,")] {
            #expect(damaged != text)
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(NumericProfile.self, from: Data(damaged.utf8)) }
        }
    }
}
