// SPDX-License-Identifier: Apache-2.0

/// Counts of predicted against actual class for two classes, and the metrics that follow from them alone.
///
/// Chicco and Jurman, "The advantages of the Matthews correlation coefficient …", BMC Genomics 21 (2020), discusses all of them. Counts may be
/// fractions of rows, so that expected counts work alike. What divides by nothing is nil.
package struct ConfusionMatrix: Codable, Equatable, Sendable {
    package var truePositives = 0.0
    package var falsePositives = 0.0
    package var trueNegatives = 0.0
    package var falseNegatives = 0.0

    package init() {}

    package mutating func count(predicted: Bool, actual: Bool) {
        count(predicted: predicted, positive: actual ? 1 : 0)
    }

    /// Counts a row that is positive with this probability.
    package mutating func count(predicted: Bool, positive: Double) {
        if predicted {
            truePositives += positive
            falsePositives += 1 - positive
        } else {
            falseNegatives += positive
            trueNegatives += 1 - positive
        }
    }

    package var total: Double { truePositives + falsePositives + trueNegatives + falseNegatives }
    package var accuracy: Double? { Self.share(truePositives + trueNegatives, of: total) }
    package var precision: Double? { Self.share(truePositives, of: truePositives + falsePositives) }
    package var recall: Double? { Self.share(truePositives, of: truePositives + falseNegatives) }
    package var specificity: Double? { Self.share(trueNegatives, of: trueNegatives + falsePositives) }
    /// 2·TP / (2·TP + FP + FN).
    package var f1: Double? { Self.share(2 * truePositives, of: 2 * truePositives + falsePositives + falseNegatives) }
    /// Mean of recall and specificity; nil when only one class occurs.
    package var balancedAccuracy: Double? {
        guard let recall, let specificity else { return nil }
        return (recall + specificity) / 2
    }
    /// Matthews correlation coefficient, −1…1; nil when a row or a column of the matrix is empty.
    package var correlation: Double? {
        let positives = (truePositives + falseNegatives) * (trueNegatives + falsePositives)
        let predicted = (truePositives + falsePositives) * (trueNegatives + falseNegatives)
        // Two roots, because the product of four counts can exceed what a Double holds exactly.
        let scale = positives.squareRoot() * predicted.squareRoot()
        return scale > 0 ? (truePositives * trueNegatives - falsePositives * falseNegatives) / scale : nil
    }

    private static func share(_ part: Double, of whole: Double) -> Double? {
        whole > 0 ? part / whole : nil
    }
}
