// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Fast Hoeffding drift detection: alarms when the mean of a sliding window falls well below the best it has been.
///
/// Pesaranghader and Viktor, "Fast Hoeffding Drift Detection Method for Evolving Data Streams", ECML PKDD (2016). O(1). It watches right
/// answers (1 for right), so of errors it sees a decrease.
package struct FHDDM: ChangeDetector, Equatable {
    package let windowSize: Int
    package let confidence: Double

    private var window: [Double] = []
    /// Where the oldest value of a full window stands.
    private var oldest = 0
    private var sum = 0.0
    private var best = 0.0
    private var hasChanged = false

    package init(windowSize: Int = 100, confidence: Double = 0.000001) {
        precondition(windowSize > 0 && confidence > 0 && confidence < 1, "A window has a size, and a confidence lies between 0 and 1.")
        self.windowSize = windowSize
        self.confidence = confidence
    }

    package mutating func update(_ value: Double) -> ChangeSignal {
        guard value.isFinite else { return .stable }
        if hasChanged { self = FHDDM(windowSize: windowSize, confidence: confidence) }
        sum += value
        if window.count < windowSize {
            window.append(value)
        } else {
            window[oldest] = value
            oldest = (oldest + 1) % windowSize
        }
        guard window.count == windowSize else { return .stable }
        let mean = sum / Double(windowSize)
        best = max(best, mean)
        let limit = (log(1 / confidence) / (2 * Double(windowSize))).squareRoot()
        hasChanged = best - mean > limit
        sum -= window[oldest]
        return hasChanged ? .change : .stable
    }
}
