// SPDX-License-Identifier: Apache-2.0

package import Statistics

/// How far the values of a column moved between two snapshots.
package struct ColumnShift: Equatable, Sendable {
    package static let maximumCategories = 20

    /// Population stability index of the values that are there, from the earlier to the later.
    package var stability: StabilityIndex
    /// Whether the later values were laid into the earlier bins by interpolation; exact for categories and for equal bins.
    package var isInterpolated: Bool
    /// Categories only one side has, sorted, the first 20.
    package var newCategories: [String] = []
    package var goneCategories: [String] = []

    package var index: Double { stability.value }
    package var noiseFloor: Double { stability.noiseFloor }

    /// Nil when the kinds of values differ, a side has none, or a column of texts has more categories than its profile keeps.
    package init?(from before: ColumnProfile, to after: ColumnProfile) {
        if let old = before.numbers, let new = after.numbers, (before.type == .time) == (after.type == .time) {
            let isSame = old.distribution.bins == new.distribution.bins
            let counts = isSame ? new.distribution.counts : Self.counts(of: new, in: old.distribution.bins)
            guard let index = StabilityIndex(old.distribution.counts, counts) else { return nil }
            stability = index
            isInterpolated = !isSame
        } else if let old = before.categories, let new = after.categories {
            guard let index = new.stabilityIndex(against: old) else { return nil }
            stability = index
            isInterpolated = false
            newCategories = Array(new.newCategories(against: old).prefix(Self.maximumCategories))
            goneCategories = Array(new.goneCategories(against: old).prefix(Self.maximumCategories))
        } else {
            return nil
        }
    }

    /// How many values of a summary fall into other bins, values being spread evenly within each bin of their own.
    ///
    /// Exact at every edge that is an edge of its own, too, as edges between few distinct values are. O(bins).
    static func counts(of summary: NumberSummary, in bins: ReferenceBins) -> [Int] {
        let own = summary.distribution
        let places = [summary.minimum] + own.bins.edges + [summary.maximum]
        var reached = 0
        var below = [0]
        for count in own.counts {
            reached += count
            below.append(reached)
        }
        // `below[i]` values are at most `places[i]`, except at the minimum, where the count begins.
        func count(upTo value: Double) -> Double {
            if value >= summary.maximum { return Double(reached) }
            if value < summary.minimum { return 0 }
            guard let last = places.lastIndex(where: { $0 <= value }), last + 1 < places.count else { return Double(reached) }
            let width = places[last + 1] - places[last]
            let share = width > 0 ? (value - places[last]) / width : 0
            return Double(below[last]) + share * Double(below[last + 1] - below[last])
        }
        let totals = bins.edges.map { Int(count(upTo: $0).rounded()) } + [reached]
        return zip(totals, [0] + totals).map { $0 - $1 }
    }
}
