// SPDX-License-Identifier: Apache-2.0

import Backends
import Delivery
import Domain
import Serving

/// One model version as predictions name it through their revision.
struct AnsweringVersion: Hashable, Sendable {
    var model: String
    var version: Int
}

/// Reads windows of one endpoint's prediction log.
struct WindowReader {
    let transaction: any Transaction
    let workspace: String
    let endpoint: String

    /// The version that answered most rows of the window, with its revisions; nil without answers. O(rows).
    func mainVersion(in window: Window) throws -> (version: AnsweringVersion, revisions: Set<Int>)? {
        let answered = try answers(in: window)
        // Of two with as many rows the newer one, so that the choice does not depend on hashing.
        let main = answered.max { ($0.value.rows, $0.value.revisions.max() ?? 0) < ($1.value.rows, $1.value.revisions.max() ?? 0) }
        return main.map { ($0.key, $0.value.revisions) }
    }

    /// The revisions through which a version answered in the window.
    func revisions(of version: AnsweringVersion, in window: Window) throws -> Set<Int> {
        try answers(in: window)[version]?.revisions ?? []
    }

    private func answers(in window: Window) throws -> [AnsweringVersion: (rows: Int, revisions: Set<Int>)] {
        try PredictionSegmentTable(transaction: transaction).requireNone(
            of: endpoint, in: workspace, from: window.start, to: window.end)
        let counts = try transaction.rows(
            """
            SELECT revision, COUNT(*) AS answered FROM prediction WHERE workspace = ? AND endpoint = ? AND time >= ? AND time < ?
            GROUP BY revision ORDER BY revision
            """, workspace, endpoint, window.start, window.end)
        let revisions = RevisionTable(transaction: transaction, workspace: workspace)
        var answered: [AnsweringVersion: (rows: Int, revisions: Set<Int>)] = [:]
        for row in counts {
            let number: Int = try row["revision"]
            guard let revision = try revisions.find(endpoint, number) else { continue }
            let version = AnsweringVersion(model: revision.model, version: revision.version)
            answered[version, default: (0, [])].rows += try row["answered"]
            answered[version, default: (0, [])].revisions.insert(number)
        }
        return answered
    }

    func hasRows(in window: Window) throws -> Bool {
        try transaction.row(
            "SELECT 1 AS one FROM prediction WHERE workspace = ? AND endpoint = ? AND time >= ? AND time < ? LIMIT 1", workspace, endpoint,
            window.start, window.end) != nil
    }

    /// O(rows) time; memory as `WindowSummary` bounds it.
    func summary(
        of window: Window, _ specification: MonitorSpecification, baseline: BaselineProfile?, judging revisions: Set<Int>?,
        checkedAt now: Timestamp? = nil
    ) throws -> WindowSummary {
        var summary = WindowSummary(features: specification.features, baseline: baseline)
        if let now { summary.count(specification.checks ?? [], at: now) }
        try forEach(in: window, specification.label, at: now) { row, revision in
            summary.add(row, isJudged: revisions?.contains(revision) ?? true)
        }
        return summary
    }

    /// Answers of the spans of `BurnRate.pairs` that end with the window, and how many of them are no number.
    func burns(endingAt end: Timestamp) throws -> [(long: BurnRate.Count, short: BurnRate.Count)] {
        try BurnRate.pairs.map { (long: try answers(during: $0.long, endingAt: end), short: try answers(during: $0.short, endingAt: end)) }
    }

    /// How the labels of what is judged in a window stand to what is usual; nil where none are expected. Nothing is read when all are in.
    func labels(of summary: WindowSummary, _ window: Window, _ specification: MonitorSpecification, at now: Timestamp) throws
        -> LabelStanding?
    {
        guard specification.label != nil else { return nil }
        let arrivals = summary.performance.arrivals
        let isComplete = arrivals.labelled == arrivals.rows
        let reader = LabelReader(transaction: transaction, workspace: workspace, endpoint: endpoint)
        return arrivals.standing(
            isComplete ? nil : try reader.curve(before: window, at: now), otherwise: specification.thresholds.labelCoverage)
    }

    private func answers(during span: Duration, endingAt end: Timestamp) throws -> BurnRate.Count {
        let row = try transaction.row(
            """
            SELECT COUNT(*) AS answers, COUNT(*) - COUNT(score) AS bad FROM prediction
            WHERE workspace = ? AND endpoint = ? AND time >= ? AND time < ?
            """, workspace, endpoint, end - span, end)
        return BurnRate.Count(answers: try row?["answers"] ?? 0, bad: try row?["bad"] ?? 0)
    }

    /// The baseline that the rows answered by these revisions make; two passes over the window. Its level is left out unless the window's
    /// labels are in: later windows would be compared with the early ones.
    func baseline(
        of window: Window, _ specification: MonitorSpecification, revisions: Set<Int>, at now: Timestamp
    ) throws -> BaselineProfile {
        var first = WindowSummary(features: specification.features)
        try forEach(in: window, specification.label, at: now) { row, revision in
            if revisions.contains(revision) { first.add(row) }
        }
        var second = first.overOwnBins()
        try forEach(in: window, specification.label) { row, revision in
            if revisions.contains(revision) { second.add(row) }
        }
        var profile = BaselineProfile(second, samples: first)
        if let standing = try labels(of: first, window, specification, at: now), standing.usual != nil, standing.maturity != .mature {
            (profile.level, profile.outcomes) = (nil, nil)
        }
        return profile
    }

    /// Rows in order of time, with the revision that answered.
    ///
    /// - Parameter now: From when ages are counted; nil leaves them out.
    func forEach(
        in window: Window, _ rule: LabelRule?, at now: Timestamp? = nil, _ body: (MonitoredRow, Int) throws -> Void
    ) throws {
        try PredictionSegmentTable(transaction: transaction).requireNone(
            of: endpoint, in: workspace, from: window.start, to: window.end)
        try PredictionTable(transaction: transaction).forEach(of: endpoint, in: workspace, from: window.start, to: window.end) {
            try body(MonitoredRow($0, label: $1, rule: rule, at: now), $0.revision)
        }
    }
}
