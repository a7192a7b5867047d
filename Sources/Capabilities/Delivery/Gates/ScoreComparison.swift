// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// By how much the candidate beats the champion on the same rows, with a percentile bootstrap interval; larger is better for every metric.
package struct ScoreComparison: Equatable, Sendable {
    static let resamples = 2000

    /// Improvement over the champion, in units of the metric.
    package let estimate: Double
    package let lower: Double
    package let upper: Double

    package init(estimate: Double, lower: Double, upper: Double) {
        self.estimate = estimate
        self.lower = lower
        self.upper = upper
    }

    /// O(rows · resamples) for the AUC, O(groups · resamples) for losses. Seeded from the scores, so it says the same each time.
    ///
    /// - Returns: Nil without champion scores, with a score outside 0…1, with fewer than two groups, and for the AUC when a class is
    ///   missing from the rows or from one resample in twenty.
    package init?(of scores: PairedScores, metric: ScoreMetric, confidence: Double) {
        guard let champion = scores.champion, scores.groupCount > 1, scores.rowCount > 1,
            (scores.candidate + champion).allSatisfy({ (0...1).contains($0) })
        else { return nil }
        let seed = scores.digest.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var generator = SplitMix64(seed: seed)
        switch metric {
        case .logLoss, .brier:
            let losses = Self.losses(metric)
            let challenger = zip(scores.candidate, scores.labels).map(losses)
            let champion = zip(champion, scores.labels).map(losses)
            if let groups = scores.groups {
                self.init(grouped: zip(champion, challenger).map { $0 - $1 }, groups, scores.groupCount, confidence, &generator)
            } else {
                guard
                    let bootstrap = PairedBootstrap(
                        challengerLosses: challenger, championLosses: champion, level: confidence, resamples: Self.resamples,
                        using: &generator)
                else { return nil }
                self.init(estimate: -bootstrap.estimate, lower: -bootstrap.upper, upper: -bootstrap.lower)
            }
        case .auc:
            self.init(areasOf: scores, champion, confidence, &generator)
        }
    }

    private static func losses(_ metric: ScoreMetric) -> (Double, Bool) -> Double {
        switch metric {
        case .logLoss: ClassificationMetrics.logLoss
        default:
            { score, label in
                let target = label ? 1.0 : 0
                return (score - target) * (score - target)
            }
        }
    }

    /// Whole groups are drawn; the mean is over the rows of the drawn groups (Davison and Hinkley 1997, section 3.8).
    private init?(grouped gains: [Double], _ groups: [Int], _ count: Int, _ confidence: Double, _ generator: inout SplitMix64) {
        var sums = [Double](repeating: 0, count: count)
        var sizes = [Double](repeating: 0, count: count)
        for (gain, group) in zip(gains, groups) {
            sums[group] += gain
            sizes[group] += 1
        }
        var means: [Double] = []
        means.reserveCapacity(Self.resamples)
        for _ in 0..<Self.resamples {
            var sum = 0.0
            var size = 0.0
            for _ in 0..<count {
                let group = Int(generator.next(upperBound: UInt64(count)))
                sum += sums[group]
                size += sizes[group]
            }
            means.append(sum / size)
        }
        self.init(gains.reduce(0, +) / Double(gains.count), means, confidence)
    }

    private init?(areasOf scores: PairedScores, _ champion: [Double], _ confidence: Double, _ generator: inout SplitMix64) {
        let groups = scores.groups ?? Array(scores.labels.indices)
        let challenger = WeightedArea(scores: scores.candidate, labels: scores.labels, groups: groups)
        let incumbent = WeightedArea(scores: champion, labels: scores.labels, groups: groups)
        var weights = [Int](repeating: 1, count: scores.groupCount)
        guard let challengerArea = challenger.area(weights), let incumbentArea = incumbent.area(weights) else { return nil }
        var gains: [Double] = []
        gains.reserveCapacity(Self.resamples)
        for _ in 0..<Self.resamples {
            for index in weights.indices { weights[index] = 0 }
            for _ in weights.indices { weights[Int(generator.next(upperBound: UInt64(weights.count)))] += 1 }
            guard let one = challenger.area(weights), let other = incumbent.area(weights) else { continue }
            gains.append(one - other)
        }
        guard gains.count * 20 > Self.resamples * 19 else { return nil }
        self.init(challengerArea - incumbentArea, gains, confidence)
    }

    private init?(_ estimate: Double, _ resampled: [Double], _ confidence: Double) {
        guard let quantiles = Quantiles(of: resampled) else { return nil }
        self.init(estimate: estimate, lower: quantiles[(1 - confidence) / 2], upper: quantiles[(1 + confidence) / 2])
    }
}

/// The area under the ROC curve of rows that count as often as their group was drawn; sorted once.
struct WeightedArea {
    private let groups: [Int]
    private let labels: [Bool]
    /// Whether a row's score is above that of the row before it.
    private let rises: [Bool]

    init(scores: [Double], labels: [Bool], groups: [Int]) {
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        self.groups = order.map { groups[$0] }
        self.labels = order.map { labels[$0] }
        rises = order.indices.map { $0 > 0 && scores[order[$0]] > scores[order[$0 - 1]] }
    }

    /// O(rows). Ties count one half. Nil when a class has no weight.
    func area(_ weights: [Int]) -> Double? {
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
