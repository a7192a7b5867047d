// SPDX-License-Identifier: Apache-2.0

import Domain
package import Statistics

/// What one segment's windows are compared with.
package struct SegmentBaseline: Codable, Equatable, Sendable {
    package var rows: Int
    /// Over the bins of all rows' scores; nil without scores.
    package var score: NumericProfile?
    package var labelledRows: Int
    /// Mean log loss, and the variance of that mean; nil where there is too little to say.
    package var loss: Double?
    package var lossVariance: Double?

    package init(rows: Int, score: NumericProfile?, labelledRows: Int, loss: Double?, lossVariance: Double?) {
        self.rows = rows
        self.score = score
        self.labelledRows = labelledRows
        self.loss = loss
        self.lossVariance = lossVariance
    }

    /// Without a loss, as when labels were still coming.
    var withoutLabels: SegmentBaseline { SegmentBaseline(rows: rows, score: score, labelledRows: 0, loss: nil, lossVariance: nil) }
}

/// One segment's rows of a window, counted.
struct SegmentPart: Sendable {
    private(set) var rows = 0
    private(set) var score: NumericProfile?
    private(set) var scored = 0
    private(set) var loss = LossDetail.Part()
    private(set) var days: [Int64: PerformanceSummary.Day] = [:]

    init(scoreBins: ReferenceBins?) { score = scoreBins.map(NumericProfile.init(bins:)) }

    mutating func add(_ row: MonitoredRow, isJudged: Bool) {
        rows += 1
        guard isJudged else { return }
        score?.add(row.score)
        guard let value = row.score else { return }
        scored += 1
        guard let isPositive = row.isPositive else { return }
        let loss = ClassificationMetrics.logLoss(score: value, label: isPositive)
        self.loss.add(loss)
        guard let time = row.time else { return }
        let day = Int64((Double(time.milliseconds) / 86_400_000).rounded(.down))
        days[day, default: PerformanceSummary.Day()].loss += loss
        days[day, default: PerformanceSummary.Day()].rows += 1
    }

    /// Variance of the mean loss, with whole days as clusters where there are enough (Liang and Zeger, "Longitudinal Data Analysis Using
    /// Generalized Linear Models", Biometrika 73, 1986), since rows of a day are alike; else as if rows were independent.
    func lossVariance(fewestDays: Int) -> Double? {
        guard days.count >= fewestDays, days.count > 1, loss.rows > 0 else { return loss.variance }
        let mean = loss.mean
        let count = Double(days.count)
        let squares = days.values.reduce(0.0) { sum, day in
            let rest = day.loss - mean * Double(day.rows)
            return sum + rest * rest
        }
        return count / (count - 1) * squares / (Double(loss.rows) * Double(loss.rows))
    }

    func baseline(fewestDays: Int) -> SegmentBaseline {
        SegmentBaseline(
            rows: rows, score: scored > 0 ? score : nil, labelledRows: loss.rows, loss: loss.rows > 0 ? loss.mean : nil,
            lossVariance: lossVariance(fewestDays: fewestDays))
    }
}
