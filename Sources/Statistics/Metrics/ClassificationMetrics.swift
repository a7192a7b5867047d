// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How well scores for the positive class match labels that are now known, on one set of rows.
///
/// A metric is nil where its definition divides by nothing: ranking metrics when only one class occurs, precision when
/// nothing was predicted positive. Definitions and values agree with scikit-learn's. Sources: Hanley and McNeil, "The Meaning and Use of the
/// Area under a ROC Curve", Radiology 143 (1982); Brier, Monthly Weather Review 78 (1950); Naeini, Cooper and Hauskrecht, "Obtaining Well
/// Calibrated Probabilities Using Bayesian Binning", AAAI (2015), for the calibration error.
package struct ClassificationMetrics: Codable, Equatable, Sendable {
    package let rowCount: Int
    package let positiveCount: Int
    /// Area under the ROC curve: the chance that a positive scores above a negative, ties counting one half.
    package let rocAUC: Double?
    /// Precision summed over steps of recall, without interpolation.
    package let averagePrecision: Double?
    /// Largest gap between the score distributions of positives and negatives.
    package let ksSeparation: Double?
    /// Mean negative log likelihood in nats; scores are kept 2⁻⁵² away from 0 and 1.
    package let logLoss: Double
    /// Mean squared difference of score and label.
    package let brierScore: Double
    /// Ten equal bins, closed on the right, the first also at 0: mean score against share of positives, weighted by rows.
    package let expectedCalibrationError: Double
    package let accuracy: Double
    /// Precision, recall, F1 and whatever else follows from counts.
    package let confusion: ConfusionMatrix

    package var precision: Double? { confusion.precision }
    package var recall: Double? { confusion.recall }
    package var f1: Double? { confusion.f1 }

    /// O(n log n), one sort.
    ///
    /// - Parameter threshold: A score at or above it is a positive prediction.
    /// - Returns: Nil when there are no rows, the lists differ in length, or a score is outside 0…1.
    package init?(scores: [Double], labels: [Bool], threshold: Double = 0.5) {
        guard !scores.isEmpty, scores.count == labels.count, scores.allSatisfy({ (0...1).contains($0) }) else { return nil }
        let rows = Double(scores.count)
        var confusion = ConfusionMatrix()
        var lossSum = 0.0
        var squareSum = 0.0
        var calibration = CalibrationBins()
        for (score, label) in zip(scores, labels) {
            confusion.count(predicted: score >= threshold, actual: label)
            lossSum += Self.logLoss(score: score, label: label)
            let target = label ? 1.0 : 0
            squareSum += (score - target) * (score - target)
            calibration.add(score: score, label: label)
        }
        let ranking = Ranking(scores: scores, labels: labels)
        rowCount = scores.count
        positiveCount = labels.count(where: \.self)
        rocAUC = ranking?.rocAUC
        averagePrecision = ranking?.averagePrecision
        ksSeparation = ranking?.ksSeparation
        logLoss = lossSum / rows
        brierScore = squareSum / rows
        expectedCalibrationError = calibration.error
        accuracy = (confusion.truePositives + confusion.trueNegatives) / rows
        self.confusion = confusion
    }

    /// The loss of one row in nats, for comparing two models row by row; the score must lie in 0…1.
    package static func logLoss(score: Double, label: Bool) -> Double {
        let clipped = min(max(score, .ulpOfOne), 1 - .ulpOfOne)
        return label ? -log(clipped) : -log1p(-clipped)
    }
}

private struct CalibrationBins {
    private var excess = [Double](repeating: 0, count: 10)
    private var rows = 0

    mutating func add(score: Double, label: Bool) {
        var bin = min(max(Int((score * 10).rounded(.up)) - 1, 0), 9)
        if bin > 0, score <= Double(bin) / 10 { bin -= 1 }
        excess[bin] += score - (label ? 1 : 0)
        rows += 1
    }

    /// Rows of a bin times |mean score − mean label| is |sum of scores − sum of labels|.
    var error: Double { excess.reduce(0) { $0 + abs($1) } / Double(rows) }
}
