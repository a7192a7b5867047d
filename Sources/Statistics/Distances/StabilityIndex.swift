// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Population stability index of two histograms over the same bins, in nats; 0 when the proportions are equal.
///
/// Σ (q − p) · ln(q / p), with both proportions raised to at least 1e-4 so that an empty bin stays finite. O(bins).
package struct StabilityIndex: Equatable, Sendable {
    package static let smallestProportion = 1e-4

    package let value: Double
    /// What the index comes to on average when nothing changed: (B − 1)(1/n + 1/m) for n, m rows and B bins not empty on both sides.
    ///
    /// The index times the harmonic sample size is roughly chi-square with B − 1 degrees of freedom under no change
    /// (Yurdakul 2018), so a fixed limit such as 0.1 means noise for small windows.
    package let noiseFloor: Double

    /// The index less its noise floor, never below 0: the effect to hold against a limit.
    package var excess: Double { max(value - noiseFloor, 0) }

    /// Nil when either side is empty or the bins differ in number.
    package init?(_ baseline: [Int], _ window: [Int]) {
        let baselineTotal = baseline.reduce(0, +)
        let windowTotal = window.reduce(0, +)
        guard baseline.count == window.count, baselineTotal > 0, windowTotal > 0 else { return nil }
        var sum = 0.0
        for (before, after) in zip(baseline, window) {
            let p = max(Double(before) / Double(baselineTotal), Self.smallestProportion)
            let q = max(Double(after) / Double(windowTotal), Self.smallestProportion)
            sum += (q - p) * log(q / p)
        }
        value = sum
        let occupied = zip(baseline, window).count { $0 + $1 > 0 }
        noiseFloor = Double(occupied - 1) * (1 / Double(baselineTotal) + 1 / Double(windowTotal))
    }
}
