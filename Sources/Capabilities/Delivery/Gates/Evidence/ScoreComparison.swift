// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// By how much the candidate beats the champion on the same rows, with an interval; larger is better for every metric.
package struct ScoreComparison: Equatable, Sendable {
    static let resamples = 2000

    /// Improvement over the champion, in units of the metric.
    package let estimate: Double
    package let lower: Double
    package let upper: Double
    /// Of no difference, two-sided, where the method gives one.
    package var pValue: Double?
    /// The metric of each, where all rows are usable.
    package var candidate: Double?
    package var champion: Double?

    package init(estimate: Double, lower: Double, upper: Double) {
        self.estimate = estimate
        self.lower = lower
        self.upper = upper
    }

    /// O(rows · resamples) for the bootstrapped AUC, O(groups · resamples) for losses, O(n log n) for DeLong's test. Seeded from the
    /// scores, so it says the same each time.
    ///
    /// - Returns: Nil without champion scores, with a score outside 0…1, with fewer than two groups, and for the AUC when a class is
    ///   missing from the rows or from one resample in twenty.
    package init?(
        of scores: PairedScores, metric: ScoreMetric, method: ChampionRule.Method = .bootstrap, confidence: Double,
        resamples: Int = ScoreComparison.resamples
    ) {
        guard let champion = scores.champion, scores.groupCount > 1, scores.rowCount > 1,
            (scores.candidate + champion).allSatisfy({ (0...1).contains($0) })
        else { return nil }
        switch method {
        case .bootstrap: self.init(bootstrapping: scores, champion, metric, confidence, resamples)
        case .delong:
            guard let test = DeLongTest(challenger: scores.candidate, champion: champion, labels: scores.labels) else { return nil }
            self.init(test.estimate, test.interval(level: confidence))
            pValue = test.pValue
        case .mcnemar:
            func isRight(_ score: Double, _ label: Bool) -> Bool { (score >= 0.5) == label }
            guard
                let test = McNemarTest(
                    challengerIsRight: zip(scores.candidate, scores.labels).map(isRight),
                    championIsRight: zip(champion, scores.labels).map(isRight))
            else { return nil }
            self.init(test.estimate, test.interval(level: confidence))
            pValue = test.pValue
        }
        candidate = metric.value(of: scores.candidate, scores.labels)
        self.champion = metric.value(of: champion, scores.labels)
    }

    /// As decimal texts.
    var numbers: [String: String] {
        var numbers = ["improvement": String(estimate), "lower": String(lower), "upper": String(upper)]
        if let pValue { numbers["p"] = String(pValue) }
        if let candidate { numbers["candidateValue"] = String(candidate) }
        if let champion { numbers["championValue"] = String(champion) }
        return numbers
    }

    private init(_ estimate: Double, _ interval: ClosedRange<Double>) {
        self.init(estimate: estimate, lower: interval.lowerBound, upper: interval.upperBound)
    }

    private init?(
        bootstrapping scores: PairedScores, _ champion: [Double], _ metric: ScoreMetric, _ confidence: Double, _ resamples: Int
    ) {
        let seed = scores.digest.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var generator = SplitMix64(seed: seed)
        guard let loss = metric.loss else {
            guard
                let bootstrap = PairedAreaBootstrap(
                    challenger: scores.candidate, champion: champion, labels: scores.labels, groups: scores.groups, level: confidence,
                    resamples: resamples, using: &generator)
            else { return nil }
            self.init(estimate: bootstrap.estimate, lower: bootstrap.lower, upper: bootstrap.upper)
            return
        }
        guard
            let bootstrap = PairedBootstrap(
                challengerLosses: zip(scores.candidate, scores.labels).map(loss),
                championLosses: zip(champion, scores.labels).map(loss), blocks: scores.groups.map { $0.map(String.init) },
                level: confidence, resamples: resamples, using: &generator)
        else { return nil }
        self.init(estimate: -bootstrap.estimate, lower: -bootstrap.upper, upper: -bootstrap.lower)
    }
}
