// SPDX-License-Identifier: Apache-2.0

/// A measure of how well scores for the positive class fit the labels, on which two models can be compared row by row.
package enum ScoreMetric: String, Codable, CaseIterable, Sendable {
    /// Mean negative log likelihood, nats; smaller is better.
    case logLoss
    /// Mean squared difference of score and label; smaller is better.
    case brier
    /// Area under the ROC curve; larger is better.
    case auc
}
