// SPDX-License-Identifier: Apache-2.0

/// Sample quantiles by linear interpolation between order statistics: type 7 of Hyndman and Fan, "Sample Quantiles in
/// Statistical Packages", The American Statistician 50 (1996); numpy's default, equal to the last bit.
package struct Quantiles: Sendable {
    private let sorted: [Double]

    /// O(n log n). Nil when there are no values or one of them is NaN.
    package init?(of values: [Double]) {
        guard !values.isEmpty, !values.contains(where: \.isNaN) else { return nil }
        sorted = values.sorted()
    }

    /// O(1). The share is limited to 0…1; 0 gives the smallest value and 1 the largest.
    package subscript(_ share: Double) -> Double {
        let position = min(max(share, 0), 1) * Double(sorted.count - 1)
        let index = Int(position)
        guard index + 1 < sorted.count else { return sorted[sorted.count - 1] }
        let (low, high) = (sorted[index], sorted[index + 1])
        let weight = position - Double(index)
        if weight == 0 || low == high { return low }
        // From the nearer end, so that rounding cannot pass it.
        return weight < 0.5 ? low + (high - low) * weight : high - (high - low) * (1 - weight)
    }

    /// The middle value, or the mean of the two middle ones, halved after adding.
    package var median: Double {
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
