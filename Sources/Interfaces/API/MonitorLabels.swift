// SPDX-License-Identifier: Apache-2.0

/// `GET /api/v1/monitors/{monitor}/labels`: how the labels of the monitored endpoint stand.
package struct LabelReportAnswer: Codable, Sendable {
    package var monitor: String
    package var endpoint: String
    package var asOf: Int64
    /// The share of predictions that get a label at all; absent while it still rises, or is not known.
    package var usualCoverage: Double?
    /// The age at which 95 % of the labels that come have come.
    package var usualDelaySeconds: Int64?
    /// The share of predictions that have a label by age, ascending.
    package var curve: [LabelDelayAnswer]
    /// Oldest first, without those that have no predictions.
    package var cohorts: [LabelCohortAnswer]
    /// What never gets a label, of mature cohorts; absent when everything has one.
    package var gaps: LabelGapsAnswer?
    /// Labels of the last thirty days for predictions that are not in the log.
    package var unknown: Int

    package init(
        monitor: String, endpoint: String, asOf: Int64, usualCoverage: Double?, usualDelaySeconds: Int64?, curve: [LabelDelayAnswer],
        cohorts: [LabelCohortAnswer], gaps: LabelGapsAnswer?, unknown: Int
    ) {
        self.monitor = monitor
        self.endpoint = endpoint
        self.asOf = asOf
        self.usualCoverage = usualCoverage
        self.usualDelaySeconds = usualDelaySeconds
        self.curve = curve
        self.cohorts = cohorts
        self.gaps = gaps
        self.unknown = unknown
    }
}

package struct LabelDelayAnswer: Codable, Sendable {
    package var seconds: Int
    package var share: Double
    /// Predictions that old.
    package var rows: Int

    package init(seconds: Int, share: Double, rows: Int) {
        self.seconds = seconds
        self.share = share
        self.rows = rows
    }
}

/// The predictions about one span of time.
package struct LabelCohortAnswer: Codable, Sendable {
    package var windowStart: Int64
    package var windowEnd: Int64
    package var rows: Int
    package var labelled: Int
    /// Without a label that may still come, and so old that none will.
    package var waiting: Int
    package var missing: Int
    package var coverage: Double
    /// The share of the labels that come that should be in by now.
    package var expected: Double?
    /// `mature`, `immature` or `late`.
    package var maturity: String
    /// Of mature cohorts only.
    package var positiveRate: Double?
    package var logLoss: Double?

    package init(
        windowStart: Int64, windowEnd: Int64, rows: Int, labelled: Int, waiting: Int, missing: Int, coverage: Double, expected: Double?,
        maturity: String, positiveRate: Double?, logLoss: Double?
    ) {
        self.windowStart = windowStart
        self.windowEnd = windowEnd
        self.rows = rows
        self.labelled = labelled
        self.waiting = waiting
        self.missing = missing
        self.coverage = coverage
        self.expected = expected
        self.maturity = maturity
        self.positiveRate = positiveRate
        self.logLoss = logLoss
    }
}

/// Rows of mature cohorts without a label, beside those with one.
package struct LabelGapsAnswer: Codable, Sendable {
    package struct Difference: Codable, Sendable {
        package var subject: String
        package var statement: String
        package var adjustedP: Double

        package init(subject: String, statement: String, adjustedP: Double) {
            self.subject = subject
            self.statement = statement
            self.adjustedP = adjustedP
        }
    }

    package var missing: Int
    package var labelled: Int
    /// Whether nothing tells the two apart.
    package var isAtRandom: Bool
    package var differences: [Difference]

    package init(missing: Int, labelled: Int, isAtRandom: Bool, differences: [Difference]) {
        self.missing = missing
        self.labelled = labelled
        self.isAtRandom = isAtRandom
        self.differences = differences
    }
}
