// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics

/// Takes the fields of one column, one at a time, and makes its profile.
struct ColumnProfiler {
    static let topValues = 20
    static let maximumCategories = 1_000

    private let name: String
    private let sampleLimit: Int
    private var counter: ValueCounter
    private var nulls: Int64 = 0
    private var notNumbers: Int64 = 0
    private var isInteger = true
    private var isNumber = true
    private var isTime = true
    private var moments = Moments()
    private var minimum = Double.infinity
    private var maximum = -Double.infinity
    /// Every value, or a sample drawn by Vitter's algorithm R.
    private var sample: [Double] = []
    private var generator: SplitMix64

    /// - Parameters:
    ///   - columns: How many share the memory for samples and counters.
    init(name: String, index: Int, of columns: Int) {
        self.name = name
        sampleLimit = max(8_192, min(262_144, 33_554_432 / columns))
        counter = ValueCounter(limit: max(512, min(10_000, 1_000_000 / columns)))
        generator = SplitMix64(seed: UInt64(index))
    }

    mutating func add(_ field: UnsafeRawBufferPointer) {
        guard !field.isEmpty else {
            nulls += 1
            return
        }
        counter.add(field)
        if isNumber {
            if let number = FieldValue.number(field) {
                isTime = false
                if !number.isInteger { isInteger = false }
                return take(number.value)
            }
            if FieldValue.isNaN(field) {
                notNumbers += 1
                isTime = false
                isInteger = false
                return
            }
            isNumber = false
            forgetNumbers()
        }
        if isTime {
            if let time = FieldValue.time(field) { return take(time) }
            isTime = false
            forgetNumbers()
        }
    }

    var type: ColumnType {
        if moments.count == 0 { return .text }
        return isNumber ? (isInteger ? .integer : .number) : isTime ? .time : .text
    }

    func profile() -> ColumnProfile {
        let type = type
        var profile = ColumnProfile(
            name: name, type: type, nulls: nulls, distinct: counter.distinct, isDistinctEstimated: !counter.isExact)
        if type != .text, let distribution = NumericProfile(baseline: sample) {
            profile.nulls += notNumbers
            profile.numbers = NumberSummary(
                minimum: minimum, maximum: maximum, moments: moments, distribution: distribution, isSampled: moments.count > sample.count)
            return profile
        }
        profile.topValues = counter.top(Self.topValues)
        if counter.isExact, !counter.hasCutTexts, counter.distinct <= Self.maximumCategories {
            profile.categories = categories()
        }
        return profile
    }

    /// By way of the profile's coded form, because adding the values one by one would cost another pass.
    private func categories() -> CategoricalProfile? {
        struct Coded: Encodable {
            var counts: [String: Int64]
            var nulls: Int64
        }
        let counts = counter.top(Self.maximumCategories).map { ($0.value, $0.count) }
        let coded = try? JSONEncoder().encode(Coded(counts: Dictionary(counts, uniquingKeysWith: +), nulls: nulls))
        return coded.flatMap { try? JSONDecoder().decode(CategoricalProfile.self, from: $0) }
    }

    private mutating func take(_ value: Double) {
        moments.add(value)
        if value < minimum { minimum = value }
        if value > maximum { maximum = value }
        if sample.count < sampleLimit {
            sample.append(value)
        } else {
            let place = Int.random(in: 0..<moments.count, using: &generator)
            if place < sampleLimit { sample[place] = value }
        }
    }

    private mutating func forgetNumbers() {
        moments = Moments()
        minimum = .infinity
        maximum = -.infinity
        sample = []
    }
}
