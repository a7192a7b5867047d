// SPDX-License-Identifier: Apache-2.0

import Statistics

/// One numeric column of a window: exact counts, and a bounded sample of its values for tests that need them.
struct NumericSummary: Sendable {
    static let sampleLimit = 20_000

    private(set) var values = 0
    private(set) var nulls = 0
    /// Over the baseline's bins; nil without a baseline.
    private(set) var profile: NumericProfile?
    private(set) var sample = HashSample<Double>(limit: sampleLimit)

    init(bins: ReferenceBins?) {
        profile = bins.map(NumericProfile.init(bins:))
    }

    var rows: Int { values + nulls }
    var nullRate: Double? { rows > 0 ? Double(nulls) / Double(rows) : nil }

    mutating func add(_ value: Double?, hash: UInt64) {
        profile?.add(value)
        guard let value else {
            nulls += 1
            return
        }
        values += 1
        sample.add(value, hash: hash)
    }

    /// The sample's values over other bins, and as many nulls as there are for so many.
    func rebinned(over bins: ReferenceBins?) -> NumericSummary {
        var copy = self
        copy.profile = bins.map { bins in
            var profile = NumericProfile(bins: bins)
            let kept = sample.values
            for value in kept { profile.add(value) }
            let share = values > 0 ? Double(kept.count) / Double(values) : 1
            for _ in 0..<Int((Double(nulls) * share).rounded()) { profile.add(nil) }
            return profile
        }
        return copy
    }
}

/// One categorical column of a window; the categories beyond the first ten thousand are counted together.
struct CategorySummary: Sendable {
    static let categoryLimit = 10_000
    static let others = "(others)"

    private(set) var profile = CategoricalProfile()
    private(set) var values = 0

    var rows: Int { values + profile.nulls }
    var nullRate: Double? { rows > 0 ? Double(profile.nulls) / Double(rows) : nil }

    mutating func add(_ value: String?) {
        guard let value else { return profile.add(nil) }
        values += 1
        let isAdmitted = profile.counts[value] != nil || profile.counts.count < Self.categoryLimit
        profile.add(isAdmitted ? value : Self.others)
    }
}
