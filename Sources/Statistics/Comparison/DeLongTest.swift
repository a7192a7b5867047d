// SPDX-License-Identifier: Apache-2.0

/// The difference of two areas under the ROC curve on the same rows, with the variance of DeLong, DeLong and Clarke-Pearson.
///
/// "Comparing the areas under two or more correlated receiver operating characteristic curves", Biometrics 44 (1988); by midranks after
/// Sun and Xu, IEEE Signal Processing Letters 21 (2014). Rows must be independent: for rows that share a cause, resample groups instead.
package struct DeLongTest: Codable, Equatable, Sendable {
    package let challengerArea: Double
    package let championArea: Double
    package let standardError: Double

    /// O(n log n).
    ///
    /// - Returns: Nil when the lists differ in length, a score is no number, or a class has fewer than two rows.
    package init?(challenger: [Double], champion: [Double], labels: [Bool]) {
        guard challenger.count == labels.count, champion.count == labels.count, !challenger.contains(where: \.isNaN),
            !champion.contains(where: \.isNaN), labels.count(where: \.self) > 1, labels.count(where: { !$0 }) > 1
        else { return nil }
        let one = Placements(challenger, labels)
        let other = Placements(champion, labels)
        challengerArea = one.area
        championArea = other.area
        standardError =
            (Self.varianceOfMean(one.positives, other.positives) + Self.varianceOfMean(one.negatives, other.negatives)).squareRoot()
    }

    package var estimate: Double { challengerArea - championArea }

    /// Two-sided; 1 when the models order the rows alike.
    package var pValue: Double {
        if standardError == 0 { return estimate == 0 ? 1 : 0 }
        return NormalDistribution.twoSidedTail(estimate / standardError)
    }

    package func interval(level: Double) -> ClosedRange<Double> {
        precondition(level > 0 && level < 1, "A confidence level lies between 0 and 1.")
        let half = NormalDistribution.quantile((1 + level) / 2) * standardError
        return estimate - half...estimate + half
    }

    private static func varianceOfMean(_ one: [Double], _ other: [Double]) -> Double {
        let differences = zip(one, other).map { $0 - $1 }
        let count = Double(differences.count)
        let mean = differences.reduce(0, +) / count
        return differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1) / count
    }
}

/// For each positive the share of negatives below it, for each negative the share of positives above it; ties count one half.
/// In the order of the rows, so that those of two models can be paired.
private struct Placements {
    let positives: [Double]
    let negatives: [Double]
    let area: Double

    init(_ scores: [Double], _ labels: [Bool]) {
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        let positiveCount = labels.count(where: \.self)
        let negativeCount = labels.count - positiveCount
        var placements = [Double](repeating: 0, count: labels.count)
        var (positivesBelow, negativesBelow, doubledPairs) = (0, 0, 0)
        var start = 0
        while start < order.count {
            var end = start
            var (tiedPositives, tiedNegatives) = (0, 0)
            while end < order.count, scores[order[end]] == scores[order[start]] {
                if labels[order[end]] { tiedPositives += 1 } else { tiedNegatives += 1 }
                end += 1
            }
            let ofPositive = (Double(negativesBelow) + Double(tiedNegatives) / 2) / Double(negativeCount)
            let ofNegative = (Double(positiveCount - positivesBelow) - Double(tiedPositives) / 2) / Double(positiveCount)
            for row in order[start..<end] { placements[row] = labels[row] ? ofPositive : ofNegative }
            doubledPairs += tiedPositives * (2 * negativesBelow + tiedNegatives)
            positivesBelow += tiedPositives
            negativesBelow += tiedNegatives
            start = end
        }
        positives = labels.indices.filter { labels[$0] }.map { placements[$0] }
        negatives = labels.indices.filter { !labels[$0] }.map { placements[$0] }
        area = Double(doubledPairs) / (2 * Double(positiveCount) * Double(negativeCount))
    }
}
