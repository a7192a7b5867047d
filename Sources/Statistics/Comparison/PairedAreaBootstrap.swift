// SPDX-License-Identifier: Apache-2.0

/// How much one model's area under the ROC curve differs from another's on the same rows, with a percentile bootstrap interval.
///
/// For rows in groups, which are drawn whole (see `PairedBootstrap`); for independent rows `DeLongTest` says the same faster.
package struct PairedAreaBootstrap: Codable, Equatable, Sendable {
    /// Area of the challenger less that of the champion; positive means the challenger is better.
    package let estimate: Double
    package let lower: Double
    package let upper: Double

    /// O(rows · resamples) time.
    ///
    /// - Parameter groups: For each row the index of its group from 0, without gaps; each row is its own when nil.
    /// - Returns: Nil when the lists differ in length, there are fewer than two groups, a score is no number, or a class is missing from the
    ///   rows or from one resample in twenty.
    package init?(
        challenger: [Double], champion: [Double], labels: [Bool], groups: [Int]? = nil, level: Double, resamples: Int,
        using generator: inout SplitMix64
    ) {
        precondition(level > 0 && level < 1, "A confidence level lies between 0 and 1.")
        let groups = groups ?? Array(labels.indices)
        guard challenger.count == labels.count, champion.count == labels.count, groups.count == labels.count,
            !challenger.contains(where: \.isNaN), !champion.contains(where: \.isNaN)
        else { return nil }
        let groupCount = (groups.max() ?? -1) + 1
        guard groupCount > 1 else { return nil }
        let ours = WeightedArea(scores: challenger, labels: labels, groups: groups)
        let theirs = WeightedArea(scores: champion, labels: labels, groups: groups)
        var weights = [Int](repeating: 1, count: groupCount)
        guard let ourArea = ours.area(weights), let theirArea = theirs.area(weights) else { return nil }
        var gains: [Double] = []
        gains.reserveCapacity(resamples)
        let bound = UInt64(groupCount)
        for _ in 0..<resamples {
            for index in weights.indices { weights[index] = 0 }
            for _ in weights.indices { weights[generator.index(below: bound)] += 1 }
            guard let one = ours.area(weights), let other = theirs.area(weights) else { continue }
            gains.append(one - other)
        }
        guard gains.count * 20 > resamples * 19, let quantiles = Quantiles(of: gains) else { return nil }
        estimate = ourArea - theirArea
        lower = quantiles[(1 - level) / 2]
        upper = quantiles[(1 + level) / 2]
    }
}

/// The area under the ROC curve of rows that count as often as their group was drawn; sorted once.
package struct WeightedArea {
    private let groups: [Int]
    private let labels: [Bool]
    /// Whether a row's score is above that of the row before it.
    private let rises: [Bool]

    package init(scores: [Double], labels: [Bool], groups: [Int]) {
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        self.groups = order.map { groups[$0] }
        self.labels = order.map { labels[$0] }
        rises = order.indices.map { $0 > 0 && scores[order[$0]] > scores[order[$0 - 1]] }
    }

    /// O(rows). Ties count one half. Nil when a class has no weight.
    package func area(_ weights: [Int]) -> Double? {
        var negatives = 0
        var positives = 0
        var doubledPairs = 0
        var tiedNegatives = 0
        var tiedPositives = 0
        for row in groups.indices {
            if rises[row] {
                doubledPairs += tiedPositives * (2 * negatives + tiedNegatives)
                negatives += tiedNegatives
                positives += tiedPositives
                tiedNegatives = 0
                tiedPositives = 0
            }
            if labels[row] { tiedPositives += weights[groups[row]] } else { tiedNegatives += weights[groups[row]] }
        }
        doubledPairs += tiedPositives * (2 * negatives + tiedNegatives)
        negatives += tiedNegatives
        positives += tiedPositives
        guard negatives > 0, positives > 0 else { return nil }
        return Double(doubledPairs) / (2 * Double(negatives) * Double(positives))
    }
}
