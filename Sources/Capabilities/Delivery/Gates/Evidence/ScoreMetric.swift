// SPDX-License-Identifier: Apache-2.0

import Statistics

/// A measure of how well scores for the positive class fit the labels, on which two models can be compared row by row.
package enum ScoreMetric: String, Codable, CaseIterable, Sendable {
    /// Mean negative log likelihood, nats; smaller is better.
    case logLoss
    /// Mean squared difference of score and label; smaller is better.
    case brier
    /// Area under the ROC curve; larger is better.
    case auc
    /// Share of rows answered right, positive from a score of one half; larger is better.
    case accuracy

    /// What one row loses; nil for the area, which no single row has.
    var loss: ((_ score: Double, _ label: Bool) -> Double)? {
        switch self {
        case .logLoss: ClassificationMetrics.logLoss
        case .brier:
            { score, label in
                let target = label ? 1.0 : 0
                return (score - target) * (score - target)
            }
        case .accuracy: { score, label in (score >= 0.5) == label ? 0 : 1 }
        case .auc: nil
        }
    }

    /// The metric of one model's scores; nil where it is not defined.
    func value(of scores: [Double], _ labels: [Bool]) -> Double? {
        guard let metrics = ClassificationMetrics(scores: scores, labels: labels) else { return nil }
        return switch self {
        case .logLoss: metrics.logLoss
        case .brier: metrics.brierScore
        case .auc: metrics.rocAUC
        case .accuracy: metrics.accuracy
        }
    }
}
