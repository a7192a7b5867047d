// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics
import Testing

@testable import Delivery

@Suite struct ScoreComparisonTests {
    /// Rows of a logistic world: the candidate knows the true probability, the champion's is pulled towards one half.
    private func rows(_ count: Int, seed: UInt64, shrink: Double) -> (labels: [Bool], candidate: [Double], champion: [Double]) {
        var generator = SplitMix64(seed: seed)
        var rows: (labels: [Bool], candidate: [Double], champion: [Double]) = ([], [], [])
        for _ in 0..<count {
            let truth = Double.random(in: 0.02...0.98, using: &generator)
            rows.labels.append(Double.random(in: 0..<1, using: &generator) < truth)
            rows.candidate.append(truth)
            rows.champion.append(0.5 + (truth - 0.5) * shrink)
        }
        return rows
    }

    @Test("the estimate is the difference of the metrics over all rows", arguments: ScoreMetric.allCases)
    func estimate(metric: ScoreMetric) throws {
        var (labels, candidate, champion) = rows(400, seed: 3, shrink: 0.3)
        // Ties and another order, so that the area differs too.
        for index in champion.indices { champion[index] = (champion[index] * 20 + Double(index % 3)).rounded() / 30 }
        for index in candidate.indices { candidate[index] = (candidate[index] * 50).rounded() / 50 }
        let one = try #require(ClassificationMetrics(scores: candidate, labels: labels))
        let other = try #require(ClassificationMetrics(scores: champion, labels: labels))
        let expected =
            switch metric {
            case .logLoss: other.logLoss - one.logLoss
            case .brier: other.brierScore - one.brierScore
            case .auc: try #require(one.rocAUC) - #require(other.rocAUC)
            case .accuracy: one.accuracy - other.accuracy
            }
        let scores = try PairedScores(labels: labels, candidate: candidate, champion: champion)
        let comparison = try #require(ScoreComparison(of: scores, metric: metric, confidence: 0.95))
        #expect(abs(comparison.estimate - expected) < 1e-9)
        #expect(comparison.lower < comparison.estimate && comparison.estimate < comparison.upper)
        #expect(ScoreComparison(of: scores, metric: metric, confidence: 0.95) == comparison, "The same rows say the same.")
    }

    @Test("for many independent rows the interval is the normal one, with or without groups of one row")
    func normal() throws {
        let (labels, candidate, champion) = rows(4000, seed: 5, shrink: 0.5)
        let gains = labels.indices.map { row in
            let target = labels[row] ? 1.0 : 0
            return (champion[row] - target) * (champion[row] - target) - (candidate[row] - target) * (candidate[row] - target)
        }
        let mean = gains.reduce(0, +) / 4000
        let deviation = (gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000 / 4000).squareRoot()
        for groups in [nil, labels.indices.map(String.init)] {
            let scores = try PairedScores(labels: labels, candidate: candidate, champion: champion, groups: groups)
            let comparison = try #require(ScoreComparison(of: scores, metric: .brier, confidence: 0.95))
            // 1.96 is the normal's 97.5 % quantile; 2000 resamples leave about 3 % of noise in it.
            #expect(abs((comparison.upper - comparison.estimate) / deviation - 1.96) < 0.25)
            #expect(abs((comparison.estimate - comparison.lower) / deviation - 1.96) < 0.25)
        }
    }

    @Test("copies of rows are no evidence when they are resampled together", arguments: [ScoreMetric.logLoss, .brier, .auc])
    func groups(metric: ScoreMetric) throws {
        var (labels, candidate, champion) = rows(60, seed: 8, shrink: 0.6)
        for index in champion.indices { champion[index] += Double(index % 5) / 50 }
        let single = try #require(
            ScoreComparison(
                of: try PairedScores(labels: labels, candidate: candidate, champion: champion), metric: metric, confidence: 0.95))
        let copies = 20
        let keys = (0..<copies).flatMap { _ in labels.indices.map(String.init) }
        (labels, candidate, champion) = (
            (0..<copies).flatMap { _ in labels }, (0..<copies).flatMap { _ in candidate }, (0..<copies).flatMap { _ in champion }
        )
        func width(_ groups: [String]?) throws -> Double {
            let scores = try PairedScores(labels: labels, candidate: candidate, champion: champion, groups: groups)
            let comparison = try #require(ScoreComparison(of: scores, metric: metric, confidence: 0.95))
            return (comparison.upper - comparison.lower) / (single.upper - single.lower)
        }
        #expect(abs(try width(keys) - 1) < 0.15)
        // One over the root of 20 copies.
        #expect(abs(try width(nil) - 0.2236) < 0.05)
    }

    @Test("a row that counts twice is two rows")
    func weights() throws {
        var generator = SplitMix64(seed: 21)
        for _ in 0..<50 {
            let count = Int.random(in: 4...12, using: &generator)
            let labels = (0..<count).map { $0 < 2 ? $0 == 0 : Bool.random(using: &generator) }
            let scores = labels.map { _ in Double(Int.random(in: 0...4, using: &generator)) / 4 }
            let weights = labels.indices.map { $0 < 2 ? 1 : Int.random(in: 0...3, using: &generator) }
            let repeated = labels.indices.flatMap { row in Array(repeating: row, count: weights[row]) }
            let expected = ClassificationMetrics(scores: repeated.map { scores[$0] }, labels: repeated.map { labels[$0] })?.rocAUC
            let area = WeightedArea(scores: scores, labels: labels, groups: Array(labels.indices)).area(weights)
            #expect(abs(try #require(area) - (try #require(expected))) < 1e-12)
        }
    }

    @Test("says nothing where nothing can be said")
    func undefined() throws {
        let one = try PairedScores(labels: [true, false], candidate: [0.5, 0.5], champion: [0.4, 0.4], groups: ["a", "a"])
        #expect(ScoreComparison(of: one, metric: .brier, confidence: 0.95) == nil)
        let positives = try PairedScores(labels: [true, true, true], candidate: [0.5, 0.4, 0.3], champion: [0.4, 0.4, 0.4])
        #expect(ScoreComparison(of: positives, metric: .auc, confidence: 0.95) == nil)
        #expect(ScoreComparison(of: positives, metric: .brier, confidence: 0.95) != nil)
    }
}
