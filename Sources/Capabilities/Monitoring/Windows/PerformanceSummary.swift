// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// Labelled scores of a window: sums are exact; ranking uses at most 200,000 rows chosen by hash.
struct PerformanceSummary: Sendable {
    struct Day: Sendable {
        var loss = 0.0
        var rows = 0
    }

    private struct Outcome: Sendable {
        var score: Double
        var isPositive: Bool
    }

    static let sampleLimit = 200_000

    /// Rows that have a score, labelled or not.
    private(set) var scored = 0
    private(set) var labelled = 0
    /// Of the same rows, by age.
    private(set) var arrivals = LabelArrivals()
    private(set) var positives = 0
    private(set) var logLossSum = 0.0
    private(set) var squareSum = 0.0
    /// By day since 1970, UTC.
    private(set) var days: [Int64: Day] = [:]
    private var few = HashSample<Outcome>(limit: BaselineOutcomes.limit)
    private var sample = HashSample<Outcome>(limit: sampleLimit)

    mutating func add(_ row: MonitoredRow) {
        guard let score = row.score else { return }
        scored += 1
        if let age = row.age { arrivals.add(age: age, isLabelled: row.isPositive != nil) }
        guard let isPositive = row.isPositive else { return }
        labelled += 1
        positives += isPositive ? 1 : 0
        let loss = ClassificationMetrics.logLoss(score: score, label: isPositive)
        let error = score - (isPositive ? 1 : 0)
        logLossSum += loss
        squareSum += error * error
        if let time = row.time {
            let day = Int64((Double(time.milliseconds) / 86_400_000).rounded(.down))
            days[day, default: Day()].loss += loss
            days[day, default: Day()].rows += 1
        }
        sample.add(Outcome(score: score, isPositive: isPositive), hash: row.hash)
        few.add(Outcome(score: score, isPositive: isPositive), hash: row.hash)
    }

    /// Nil without labels.
    var outcomes: BaselineOutcomes? {
        let outcomes = few.values
        return outcomes.isEmpty ? nil : BaselineOutcomes(scores: outcomes.map(\.score), positives: outcomes.map(\.isPositive))
    }

    /// Nil without labels.
    var level: PerformanceLevel? {
        guard labelled > 0 else { return nil }
        let outcomes = sample.values
        let ranking = ClassificationMetrics(scores: outcomes.map(\.score), labels: outcomes.map(\.isPositive))
        return PerformanceLevel(
            rowCount: labelled, positiveCount: positives, logLoss: logLossSum / Double(labelled), brierScore: squareSum / Double(labelled),
            rocAUC: ranking?.rocAUC)
    }

    /// In order of time, so that a resampling does not depend on hashing.
    var orderedDays: [Day] { days.sorted { $0.key < $1.key }.map(\.value) }
}
