// SPDX-License-Identifier: Apache-2.0

/// How unusual a value is for its hour, in robust standard deviations: the median of each phase, and one spread for all.
///
/// z = (value − median of its phase − median residual) / (1.4826 · MAD), where 1.4826 makes the median absolute deviation estimate the
/// standard deviation of normal data (Hampel, "The Influence Curve and its Role in Robust Estimation", Journal of the American Statistical
/// Association 69, 1974; Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993). Half the training data may be
/// outliers before it misleads.
package struct SeasonalRobustZ: Codable, Equatable, Sendable {
    package static let normalConsistency = 1.4826

    /// By phase; nil for a phase that the training data lacks.
    package let phaseMedians: [Double?]
    package let residualMedian: Double
    /// Median absolute deviation of the residuals from their median.
    package let residualDeviation: Double

    /// O(n log n).
    ///
    /// - Parameters:
    ///   - phases: Of each value, such as the hour of the day; 0..<period.
    ///   - period: Phases of a season. 1 is no season.
    /// - Returns: Nil when there are no values, the lists differ in length, a phase is out of range or a value not finite.
    package init?(values: [Double], phases: [Int], period: Int) {
        guard period > 0, values.count == phases.count, values.allSatisfy(\.isFinite), phases.allSatisfy((0..<period).contains) else {
            return nil
        }
        var groups = [[Double]](repeating: [], count: period)
        for (value, phase) in zip(values, phases) { groups[phase].append(value) }
        let medians = groups.map { Quantiles(of: $0)?.median }
        let residuals = zip(values, phases).compactMap { value, phase in medians[phase].map { value - $0 } }
        guard let middle = Quantiles(of: residuals)?.median,
            let deviation = Quantiles(of: residuals.map { abs($0 - middle) })?.median
        else { return nil }
        phaseMedians = medians
        residualMedian = middle
        residualDeviation = deviation
    }

    /// Nil for a phase without training data, an unknown phase, a value that is not finite, and when at least half of the residuals are
    /// equal, which leaves no spread to count in.
    package func z(of value: Double, phase: Int) -> Double? {
        guard value.isFinite, phaseMedians.indices.contains(phase), let median = phaseMedians[phase], residualDeviation > 0 else {
            return nil
        }
        return (value - median - residualMedian) / (Self.normalConsistency * residualDeviation)
    }

    /// Whether the value lies beyond the threshold on either side; false where z is undefined.
    package func isUnusual(_ value: Double, phase: Int, threshold: Double = 6) -> Bool {
        z(of: value, phase: phase).map { abs($0) > threshold } ?? false
    }
}
