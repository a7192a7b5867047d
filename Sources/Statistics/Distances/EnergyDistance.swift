// SPDX-License-Identifier: Apache-2.0

/// The energy distance of two samples, in the square root of the column's unit: √(2 ∫ (F − G)²).
///
/// Székely and Rizzo, "Energy statistics: A class of statistics based on distances", Journal of Statistical Planning and Inference 143
/// (2013). On the line it equals √(2E|X−Y| − E|X−X′| − E|Y−Y′|) without the O(n²) pairs, so there is no limit on rows.
package enum EnergyDistance {
    /// O(n log n + m log m). Nil when a sample is empty or holds a value that is not finite.
    package static func distance(_ first: [Double], _ second: [Double]) -> Double? {
        guard !first.isEmpty, !second.isEmpty, first.allSatisfy(\.isFinite), second.allSatisfy(\.isFinite) else { return nil }
        return (2 * DistributionGap.sum(sorted: first.sorted(), sorted: second.sorted()) { $0 * $0 }).squareRoot()
    }
}
