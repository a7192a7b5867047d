// SPDX-License-Identifier: Apache-2.0

/// The metrics of a two-class classifier that can be estimated without labels.
package enum ClassificationMetric: String, Codable, CaseIterable, Sendable {
    case rocAUC, accuracy, precision, recall, specificity, f1
}

extension EstimatedPerformance {
    package subscript(_ metric: ClassificationMetric) -> Double? {
        metric == .rocAUC ? rocAUC : confusion[metric]
    }
}

extension ClassificationMetrics {
    package subscript(_ metric: ClassificationMetric) -> Double? {
        metric == .rocAUC ? rocAUC : confusion[metric]
    }
}

extension ConfusionMatrix {
    fileprivate subscript(_ metric: ClassificationMetric) -> Double? {
        switch metric {
        case .rocAUC: nil
        case .accuracy: accuracy
        case .precision: precision
        case .recall: recall
        case .specificity: specificity
        case .f1: f1
        }
    }
}
