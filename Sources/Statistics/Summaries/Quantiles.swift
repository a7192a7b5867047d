// SPDX-License-Identifier: Apache-2.0

/// Sample quantiles by linear interpolation between order statistics: Hyndman and Fan's type 7, numpy's default.
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
        return sorted[index] + (sorted[index + 1] - sorted[index]) * (position - Double(index))
    }
}
