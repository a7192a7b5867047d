// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

extension Monitors {
    package static let mostCohorts = 400
    private static let usualCohorts = 30

    /// How the labels of the monitored endpoint stand, by cohorts of the time that predictions are about: as long as the windows of the monitor's
    /// schedule, else days, counted from 1970-01-01T00:00Z.
    ///
    /// O(rows of the span), memory bounded per cohort and feature.
    ///
    /// - Parameter span: Widened to whole cohorts; nil is the last 30 of them.
    /// - Throws: `Problem` `.invalid` for more than 400 cohorts, `.notFound` for an unknown monitor.
    package func labels(of name: String, in span: Window? = nil, by caller: Caller) async throws -> LabelReport {
        try span?.validate()
        let now = governor.clock.now()
        return try await governor.read(.monitoringRead, by: caller) { transaction in
            let specification = try MonitorTable(transaction: transaction, workspace: caller.workspace).require(name).specification
            let cohorts = try Self.cohorts(of: specification, in: span, at: now)
            let whole = Window(start: cohorts[0].start, end: cohorts[cohorts.count - 1].end)
            let labels = LabelReader(transaction: transaction, workspace: caller.workspace, endpoint: specification.endpoint)
            let rows = WindowReader(transaction: transaction, workspace: caller.workspace, endpoint: specification.endpoint)
            let curve = try labels.curve(from: Window(start: min(whole.start, whole.end - .seconds(30 * 86_400)), end: whole.end), at: now)
            var found: [LabelCohort] = []
            var gaps = LabelGapTally(features: specification.features)
            for cohort in cohorts {
                var tally = CohortTally()
                var rowGaps = gaps
                try rows.forEach(in: cohort, specification.label, at: now) { row, _ in
                    tally.add(row)
                    rowGaps.add(row, isLabelled: row.hasLabel)
                }
                let read = tally.cohort(cohort, curve, otherwise: specification.thresholds.labelCoverage)
                if read.standing.maturity == .mature { gaps = rowGaps }
                if read.rows > 0 { found.append(read) }
            }
            return LabelReport(
                monitor: name, endpoint: specification.endpoint, asOf: now, curve: curve, cohorts: found, gaps: gaps.gaps(),
                unknown: try labels.unknown(at: now))
        }
    }

    private static func cohorts(of specification: MonitorSpecification, in span: Window?, at now: Timestamp) throws(Problem) -> [Window] {
        let length = Int64(specification.schedule?.everySeconds ?? 86_400) * 1000
        let last = span?.end ?? now + .milliseconds(1)
        let first = span?.start ?? now - .milliseconds(length * Int64(usualCohorts - 1))
        let from = Int64((Double(first.milliseconds) / Double(length)).rounded(.down))
        let count = Int64((Double(last.milliseconds) / Double(length)).rounded(.up)) - from
        guard count <= Self.mostCohorts else {
            throw Problem(
                .invalid, "monitoring.labels.too-many", "These are \(count) cohorts of \(length / 1000) seconds.",
                why: "At most \(Self.mostCohorts) are shown at once.", fix: "Choose a shorter span.")
        }
        return (0..<max(count, 1)).map { place in
            let start = Timestamp(milliseconds: (from + place) * length)
            return Window(start: start, end: start + .milliseconds(length))
        }
    }
}

/// What is counted of one cohort.
private struct CohortTally {
    private var arrivals = LabelArrivals()
    private var loss = 0.0
    private var judged = 0
    private var positives = 0

    mutating func add(_ row: MonitoredRow) {
        arrivals.add(age: row.age ?? .zero, isLabelled: row.hasLabel)
        guard let isPositive = row.isPositive, let rowLoss = row.logLoss else { return }
        judged += 1
        positives += isPositive ? 1 : 0
        loss += rowLoss
    }

    func cohort(_ window: Window, _ curve: LabelDelayCurve, otherwise floor: Double) -> LabelCohort {
        let standing = arrivals.standing(curve, otherwise: floor)
        let isShown = standing.maturity == .mature && judged > 0
        return LabelCohort(
            window: window, rows: arrivals.rows, labelled: arrivals.labelled, standing: standing,
            positiveRate: isShown ? Double(positives) / Double(judged) : nil, logLoss: isShown ? loss / Double(judged) : nil)
    }
}
