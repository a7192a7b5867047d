// SPDX-License-Identifier: Apache-2.0

/// What the order of scores says about two classes, equal scores taken together (Fawcett, "An Introduction to ROC Analysis", Pattern
/// Recognition Letters 27, 2006; Davis and Goadrich, "The Relationship Between Precision-Recall and ROC Curves", ICML 2006).
struct Ranking {
    let rocAUC: Double
    let averagePrecision: Double
    let ksSeparation: Double

    /// O(n log n). Nil when only one class occurs.
    init?(scores: [Double], labels: [Bool]) {
        let positives = labels.count(where: \.self)
        let negatives = labels.count - positives
        guard positives > 0, negatives > 0 else { return nil }
        let descending = scores.indices.sorted { scores[$0] > scores[$1] }
        var truePositives = 0
        var falsePositives = 0
        // Twice the number of (positive, negative) pairs in the right order, a tie counting one.
        var orderedPairs = 0
        var precisionSum = 0.0
        var largestGap = 0
        var start = 0
        while start < descending.count {
            let score = scores[descending[start]]
            var tiedPositives = 0
            var end = start
            while end < descending.count, scores[descending[end]] == score {
                if labels[descending[end]] { tiedPositives += 1 }
                end += 1
            }
            let tiedNegatives = end - start - tiedPositives
            orderedPairs += tiedNegatives * (2 * truePositives + tiedPositives)
            truePositives += tiedPositives
            falsePositives += tiedNegatives
            precisionSum += Double(tiedPositives) * Double(truePositives) / Double(end)
            largestGap = max(largestGap, abs(truePositives * negatives - falsePositives * positives))
            start = end
        }
        let pairs = Double(positives) * Double(negatives)
        rocAUC = Double(orderedPairs) / (2 * pairs)
        averagePrecision = precisionSum / Double(positives)
        ksSeparation = Double(largestGap) / pairs
    }
}
