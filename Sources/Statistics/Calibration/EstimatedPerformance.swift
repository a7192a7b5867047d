// SPDX-License-Identifier: Apache-2.0

/// How good a classifier would be if its probabilities were true: performance without labels.
///
/// Each row counts as positive with its probability (confidence-based performance estimation: Białek, Kivimäki, Kuberski and Perrakis,
/// "Estimating Model Performance Under Covariate Shift Without Labels", 2024). Right under input drift when probabilities are calibrated;
/// blind to concept drift, so never the only evidence. A metric is nil where it divides by nothing.
package struct EstimatedPerformance: Equatable, Sendable {
    package let rowCount: Int
    /// Expected counts.
    package let confusion: ConfusionMatrix
    package let rocAUC: Double?
    package let averagePrecision: Double?

    package var expectedPositiveRate: Double { (confusion.truePositives + confusion.falseNegatives) / Double(rowCount) }

    /// O(n log n).
    ///
    /// - Parameters:
    ///   - scores: What the classifier said; decides the order of rows and, at or above `threshold`, the predicted class.
    ///   - probabilities: That each row is positive: the calibrated scores.
    /// - Returns: Nil when there are no rows, the lists differ in length, or a value is outside 0…1.
    package init?(scores: [Double], probabilities: [Double], threshold: Double = 0.5) {
        guard !scores.isEmpty, scores.count == probabilities.count, scores.allSatisfy({ (0...1).contains($0) }),
            probabilities.allSatisfy({ (0...1).contains($0) })
        else { return nil }
        rowCount = scores.count
        var confusion = ConfusionMatrix()
        for (score, probability) in zip(scores, probabilities) { confusion.count(predicted: score >= threshold, positive: probability) }
        self.confusion = confusion
        let descending = scores.indices.sorted { scores[$0] > scores[$1] }
        (rocAUC, averagePrecision) = Self.curves(descending.map { probabilities[$0] })
    }

    /// Areas under the expected curves. Cumulated counts are rounded to five decimals, as in the implementation that the reference values
    /// come from; that moves an area by less than 1e-8.
    private static func curves(_ probabilities: [Double]) -> (rocAUC: Double?, averagePrecision: Double?) {
        func rounded(_ value: Double) -> Double { (value * 1e5).rounded(.toNearestOrEven) / 1e5 }
        var positives = 0.0
        var area = 0.0
        var precisionSum = 0.0
        var last = (positives: 0.0, negatives: 0.0)
        for (row, probability) in probabilities.enumerated() {
            positives += probability
            let next = (positives: rounded(positives), negatives: rounded(Double(row + 1) - positives))
            area += (next.negatives - last.negatives) * (next.positives + last.positives) / 2
            precisionSum += (next.positives - last.positives) * (next.positives / Double(row + 1))
            last = next
        }
        return (
            last.positives > 0 && last.negatives > 0 ? area / (last.positives * last.negatives) : nil,
            last.positives > 0 ? precisionSum / last.positives : nil
        )
    }
}
