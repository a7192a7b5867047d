// SPDX-License-Identifier: Apache-2.0

/// How much a metric of a few rows strays by chance: standard errors learnt from labelled reference rows.
///
/// Each metric is a mean over the rows that bear on it, so its error is the spread of one such row over the root of their expected
/// number. For the ROC area a row is a positive and its value the share of negatives below it (DeLong, DeLong and Clarke-Pearson,
/// "Comparing the Areas under Two or More Correlated Receiver Operating Characteristic Curves", Biometrics 44, 1988).
package struct SamplingError: Codable, Equatable, Sendable {
    /// Spread of one relevant row, and the share of rows that are relevant.
    private struct Component: Codable, Equatable {
        var deviation: Double
        var share: Double
    }

    private var components: [ClassificationMetric: Component] = [:]

    /// O(n log n). Nil when there are no rows, the lists differ in length, or a score is NaN.
    package init?(scores: [Double], labels: [Bool], threshold: Double = 0.5) {
        guard !scores.isEmpty, scores.count == labels.count, !scores.contains(where: \.isNaN) else { return nil }
        var confusion = ConfusionMatrix()
        for (score, label) in zip(scores, labels) { confusion.count(predicted: score >= threshold, actual: label) }
        let rows = Double(scores.count)
        func component(_ right: Double, of relevant: Double, scale: Double = 1) -> Component? {
            guard relevant > 0 else { return nil }
            let share = right / relevant
            return Component(deviation: scale * (share * (1 - share)).squareRoot(), share: relevant / rows)
        }
        let (tp, fp) = (confusion.truePositives, confusion.falsePositives)
        let (tn, fn) = (confusion.trueNegatives, confusion.falseNegatives)
        components[.accuracy] = component(tp + tn, of: rows)
        components[.precision] = component(tp, of: tp + fp)
        components[.recall] = component(tp, of: tp + fn)
        components[.specificity] = component(tn, of: tn + fp)
        let relevant = tp + fp + fn
        components[.f1] = component(tp, of: relevant, scale: relevant / (tp + 0.5 * (fp + fn)))
        components[.rocAUC] = Self.area(scores, labels)
    }

    /// Nil where the reference had no relevant row.
    package func error(of metric: ClassificationMetric, rows: Int) -> Double? {
        guard rows > 0, let component = components[metric] else { return nil }
        return component.deviation / (Double(rows) * component.share).squareRoot()
    }

    /// The rarer class is taken as positive. Equal scores keep the order of the rows.
    private static func area(_ scores: [Double], _ labels: [Bool]) -> Component? {
        let rows = Double(labels.count)
        let isTurned = Double(labels.count(where: \.self)) / rows > 0.5
        let values = isTurned ? scores.map { 1 - $0 } : scores
        let positives = isTurned ? labels.map { !$0 } : labels
        let ascending = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
        let count = Double(positives.count(where: \.self))
        let negatives = rows - count
        guard count > 0, negatives > 0 else { return nil }
        var shares: [Double] = []
        for (rank, row) in ascending.enumerated() where positives[row] && rank > 0 {
            shares.append(Double(rank - shares.count) / negatives)
        }
        guard let summary = SampleSummary(shares) else { return nil }
        return Component(deviation: summary.populationDeviation, share: count / rows)
    }
}
