// SPDX-License-Identifier: Apache-2.0

import API
import Domain
import Monitoring

extension LabelReportAnswer {
    init(_ report: LabelReport) {
        self.init(
            monitor: report.monitor, endpoint: report.endpoint, asOf: report.asOf.milliseconds, usualCoverage: report.curve.usual,
            usualDelaySeconds: report.curve.usualDelay?.components.seconds,
            curve: report.curve.points.map { LabelDelayAnswer(seconds: $0.seconds, share: $0.share, rows: $0.rows) },
            cohorts: report.cohorts.map(LabelCohortAnswer.init), gaps: report.gaps.map(LabelGapsAnswer.init), unknown: report.unknown)
    }
}

extension LabelCohortAnswer {
    init(_ cohort: LabelCohort) {
        self.init(
            windowStart: cohort.window.start.milliseconds, windowEnd: cohort.window.end.milliseconds, rows: cohort.rows,
            labelled: cohort.labelled, waiting: cohort.standing.waiting, missing: cohort.standing.missing,
            coverage: cohort.standing.coverage, expected: cohort.standing.expected, maturity: cohort.standing.maturity.rawValue,
            positiveRate: cohort.positiveRate, logLoss: cohort.logLoss)
    }
}

extension LabelGapsAnswer {
    init(_ gaps: LabelGaps) {
        self.init(
            missing: gaps.missing, labelled: gaps.labelled, isAtRandom: gaps.isAtRandom,
            differences: gaps.differences.map {
                Difference(subject: $0.subject, statement: $0.statement, adjustedP: $0.adjustedPValue)
            })
    }
}
