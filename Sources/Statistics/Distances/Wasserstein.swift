// SPDX-License-Identifier: Apache-2.0

/// The first Wasserstein distance: the area between two samples' distribution functions, in the column's own unit.
///
/// Vallender, "Calculation of the Wasserstein Distance Between Probability Distributions on the Line", Theory of Probability and Its
/// Applications 18 (1974).
package enum Wasserstein {
    /// O(n log n + m log m). Nil when a sample is empty or holds a value that is not finite.
    package static func distance(_ first: [Double], _ second: [Double]) -> Double? {
        guard !first.isEmpty, !second.isEmpty, first.allSatisfy(\.isFinite), second.allSatisfy(\.isFinite) else { return nil }
        return distance(sorted: first.sorted(), sorted: second.sorted())
    }

    /// The distance in standard deviations of the baseline; nil also when the baseline is constant.
    ///
    /// - Parameter smallestDeviation: Divide by no less than this. Other tools use 0.001, which turns any move of a constant into a huge,
    ///   meaningless number; 0 divides by the deviation or not at all.
    package static func distanceInDeviations(
        of baseline: [Double], to window: [Double], smallestDeviation: Double = 0
    ) -> Double? {
        guard let distance = distance(baseline, window), let deviation = SampleSummary(baseline)?.populationDeviation else { return nil }
        let divisor = max(deviation, smallestDeviation)
        return divisor > 0 ? distance / divisor : nil
    }

    /// O(n + m) over samples that are sorted, finite and not empty.
    static func distance(sorted first: [Double], sorted second: [Double]) -> Double {
        DistributionGap.sum(sorted: first, sorted: second) { abs($0) }
    }
}
