// SPDX-License-Identifier: Apache-2.0

/// Performance of windows without labels, each with its sampling error and held against the spread of the reference's own windows.
///
/// See `EstimatedPerformance` for the method and when it holds. The band is three sampling errors to either side; the limits are
/// the mean of the reference windows' real metric and three of their standard deviations.
package struct CBPE: Equatable, Sendable {
    package struct Estimate: Equatable, Sendable {
        package let value: Double
        package let samplingError: Double
        /// value ± 3 sampling errors, kept in 0…1.
        package let lower: Double
        package let upper: Double
        package let lowerLimit: Double
        package let upperLimit: Double

        /// The estimate lies outside what the reference's windows showed.
        package var isAlert: Bool { value < lowerLimit || value > upperLimit }
    }

    package static let multiplier = 3.0

    package let windowSize: Int
    package let threshold: Double
    /// Nil when the scores were found to be good probabilities as they are.
    package let calibration: IsotonicCalibration?
    private let samplingError: SamplingError
    private let limits: [ClassificationMetric: ClosedRange<Double>]

    /// O(n log n).
    ///
    /// - Parameters:
    ///   - windowSize: Rows of a window; the last window of a set holds what is left.
    ///   - calibrating: Whether to calibrate scores on the reference; nil finds out whether that is needed.
    /// - Returns: Nil when there are no rows, too few to find that out, the lists differ in length, or a score is outside 0…1.
    package init?(
        referenceScores scores: [Double], labels: [Bool], windowSize: Int, threshold: Double = 0.5, calibrating: Bool? = nil
    ) {
        precondition(windowSize > 0, "A window holds at least one row.")
        guard !scores.isEmpty, scores.count == labels.count, scores.allSatisfy({ (0...1).contains($0) }),
            let isNeeded = calibrating ?? CalibrationNeed.isNeeded(scores: scores, labels: labels),
            let samplingError = SamplingError(scores: scores, labels: labels, threshold: threshold)
        else { return nil }
        self.windowSize = windowSize
        self.threshold = threshold
        self.samplingError = samplingError
        calibration = isNeeded ? IsotonicCalibration(scores: scores, labels: labels) : nil
        let windows = Self.windows(of: scores.count, size: windowSize).compactMap {
            ClassificationMetrics(scores: Array(scores[$0]), labels: Array(labels[$0]), threshold: threshold)
        }
        var limits: [ClassificationMetric: ClosedRange<Double>] = [:]
        for metric in ClassificationMetric.allCases {
            guard let spread = SampleSummary(windows.compactMap { $0[metric] }) else { continue }
            let reach = Self.multiplier * spread.populationDeviation
            limits[metric] = max(0, spread.mean - reach)...min(1, spread.mean + reach)
        }
        self.limits = limits
    }

    /// One estimate for each window of rows, in order; nil where the metric, its error or its limits are undefined. O(n log n).
    ///
    /// - Returns: Nil when there are no rows or a score is outside 0…1.
    package func estimates(of metric: ClassificationMetric, scores: [Double]) -> [Estimate?]? {
        guard !scores.isEmpty, scores.allSatisfy({ (0...1).contains($0) }) else { return nil }
        return Self.windows(of: scores.count, size: windowSize).map { window in
            let part = Array(scores[window])
            let probabilities = calibration.map { calibration in part.map(calibration.probability) } ?? part
            guard let value = EstimatedPerformance(scores: part, probabilities: probabilities, threshold: threshold)?[metric],
                let error = samplingError.error(of: metric, rows: part.count), let limit = limits[metric]
            else { return nil }
            return Estimate(
                value: value, samplingError: error, lower: max(0, value - Self.multiplier * error),
                upper: min(1, value + Self.multiplier * error), lowerLimit: limit.lowerBound, upperLimit: limit.upperBound)
        }
    }

    private static func windows(of rows: Int, size: Int) -> [Range<Int>] {
        stride(from: 0, to: rows, by: size).map { $0..<min($0 + size, rows) }
    }
}
