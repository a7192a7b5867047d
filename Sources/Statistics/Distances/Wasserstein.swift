// SPDX-License-Identifier: Apache-2.0

/// The first Wasserstein distance: the area between two samples' distribution functions, in the column's own unit.
package enum Wasserstein {
    /// O(n log n + m log m). Nil when a sample is empty or holds a value that is not finite.
    package static func distance(_ first: [Double], _ second: [Double]) -> Double? {
        guard !first.isEmpty, !second.isEmpty, first.allSatisfy(\.isFinite), second.allSatisfy(\.isFinite) else { return nil }
        return distance(sorted: first.sorted(), sorted: second.sorted())
    }

    /// The distance in standard deviations of the baseline; nil also when the baseline is constant.
    ///
    /// Some tools divide by at least 0.001 instead, which turns any move of a constant into a huge, meaningless number.
    package static func distanceInDeviations(of baseline: [Double], to window: [Double]) -> Double? {
        guard let distance = distance(baseline, window), let deviation = Moments(baseline).populationDeviation, deviation > 0
        else { return nil }
        return distance / deviation
    }

    /// O(n + m) over samples that are sorted, finite and not empty.
    static func distance(sorted first: [Double], sorted second: [Double]) -> Double {
        let firstTotal = Double(first.count)
        let secondTotal = Double(second.count)
        var i = 0
        var j = 0
        var area = 0.0
        var position = min(first[0], second[0])
        while i < first.count || j < second.count {
            let next = min(i < first.count ? first[i] : .infinity, j < second.count ? second[j] : .infinity)
            area += abs(Double(i) / firstTotal - Double(j) / secondTotal) * (next - position)
            position = next
            while i < first.count, first[i] == next { i += 1 }
            while j < second.count, second[j] == next { j += 1 }
        }
        return area
    }
}
