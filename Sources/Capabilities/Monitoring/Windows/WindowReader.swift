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

/// Reads windows of one endpoint's prediction log: first what is in the archive, then the table.
struct WindowReader {
    let transaction: any Transaction
    let workspace: String
    let endpoint: String
    /// Files of the archive that were fetched before; nil where there is no archive to read, so that archived times are refused.
    var archive: ArchivedFiles?

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
        var counts: [Int: Int] = [:]
        try forEachArchived(in: window) { prediction, _ in counts[prediction.revision, default: 0] += 1 }
        let logged = try transaction.rows(
            """
            SELECT revision, COUNT(*) AS answered FROM prediction WHERE workspace = ? AND endpoint = ? AND time >= ? AND time < ?
            GROUP BY revision ORDER BY revision
            """, workspace, endpoint, window.start, window.end)
        for row in logged {
            let number: Int = try row["revision"]
            counts[number, default: 0] += try row["answered"]
        }
        let revisions = RevisionTable(transaction: transaction, workspace: workspace)
        var answered: [AnsweringVersion: (rows: Int, revisions: Set<Int>)] = [:]
        for (number, rows) in counts.sorted(by: { $0.key < $1.key }) {
            guard let revision = try revisions.find(endpoint, number) else { continue }
            let version = AnsweringVersion(model: revision.model, version: revision.version)
            answered[version, default: (0, [])].rows += rows
            answered[version, default: (0, [])].revisions.insert(number)
        }
        return answered
    }

    /// Whether there are rows; a file of the archive that reaches about the window counts as having some.
    func hasRows(in window: Window) throws -> Bool {
        if try transaction.row(
            "SELECT 1 AS one FROM prediction WHERE workspace = ? AND endpoint = ? AND time >= ? AND time < ? LIMIT 1", workspace, endpoint,
            window.start, window.end) != nil
        {
            return true
        }
        return try archive != nil
            && ArchivedFiles.reach(of: endpoint, in: workspace, from: window.start, to: window.end, transaction)
    }

    /// Says which files of the archive these windows need, all at once.
    func require(_ windows: [Window]) throws {
        try archive?.require(of: endpoint, in: workspace, about: windows.map { $0.start..<$0.end }, transaction)
    }

    /// O(rows) time; memory as `WindowSummary` bounds it.
    func summary(
        of window: Window, _ specification: MonitorSpecification, baseline: BaselineProfile?, judging revisions: Set<Int>?,
        checkedAt now: Timestamp? = nil
    ) throws -> WindowSummary {
        var summary = WindowSummary(features: specification.features, baseline: baseline)
        if let now {
            summary.count(specification.checks ?? [], at: now)
            summary.follow(specification.segments ?? [], in: baseline)
        }
        try forEach(in: window, specification.label, at: now) { row, revision in
            summary.add(row, isJudged: revisions?.contains(revision) ?? true)
        }
        return summary
    }

    /// Of each measure, answers of the spans of `BurnRate.pairs` that end with the window, and how many of them are bad.
    func burns(_ measures: Set<BurnMeasure>, endingAt end: Timestamp) throws -> [BurnMeasure: [(
        long: BurnRate.Count, short: BurnRate.Count
    )]] {
        guard !measures.isEmpty else { return [:] }
        var tally = BurnTally(measures, endingAt: end)
        try forEachArchived(in: Window(start: tally.start, end: end)) { prediction, _ in tally.add(prediction) }
        try tally.addTable(of: endpoint, in: workspace, transaction)
        return tally.burns
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

    /// The baseline that the rows answered by these revisions make; two passes over the window. Its level is left out unless the window's
    /// labels are in: later windows would be compared with the early ones.
    func baseline(
        of window: Window, _ specification: MonitorSpecification, revisions: Set<Int>, at now: Timestamp
    ) throws -> BaselineProfile {
        var builder = BaselineBuilder(specification)
        try forEach(in: window, specification.label, at: now) { row, revision in
            if revisions.contains(revision) { builder.sample(row) }
        }
        builder.beginCounting()
        try forEach(in: window, specification.label) { row, revision in
            if revisions.contains(revision) { builder.count(row) }
        }
        var profile = builder.profile
        if let standing = try labels(of: builder.sampled, window, specification, at: now), standing.usual != nil,
            standing.maturity != .mature
        {
            (profile.level, profile.outcomes) = (nil, nil)
            profile.segments = profile.segments?.mapValues { $0.withoutLabels }
        }
        return profile
    }

    /// What all rows of a span look like, and the scores of those answered by these revisions; two passes.
    func reference(of span: Window, _ specification: MonitorSpecification, judging revisions: Set<Int>) throws -> BaselineProfile {
        var sampled = WindowSummary(features: specification.features)
        try forEach(in: span, specification.label) { row, revision in sampled.add(row, isJudged: revisions.contains(revision)) }
        var counted = sampled.overOwnBins()
        try forEach(in: span, specification.label) { row, revision in counted.add(row, isJudged: revisions.contains(revision)) }
        return BaselineProfile(counted, samples: sampled)
    }

    /// When the first row of the endpoint is about; nil without any.
    func firstTime() throws -> Timestamp? {
        let logged: Timestamp? = try transaction.row(
            "SELECT MIN(time) AS first FROM prediction WHERE workspace = ? AND endpoint = ?", workspace, endpoint)?["first"]
        let archived: Timestamp? = try transaction.row(
            "SELECT MIN(first_time) AS first FROM prediction_segment WHERE workspace = ? AND endpoint = ?", workspace, endpoint)?["first"]
        return [logged, archived].compactMap(\.self).min()
    }

    /// Rows with the revision that answered: those of the archive, then those of the table in order of time.
    ///
    /// - Parameter now: From when ages are counted; nil leaves them out.
    func forEach(
        in window: Window, _ rule: LabelRule?, at now: Timestamp? = nil, _ body: (MonitoredRow, Int) throws -> Void
    ) throws {
        func visit(_ prediction: Prediction, _ label: Double?) throws {
            try body(MonitoredRow(prediction, label: label, rule: rule, at: now), prediction.revision)
        }
        try forEachArchived(in: window, visit)
        try PredictionTable(transaction: transaction).forEach(
            of: endpoint, in: workspace, from: window.start, to: window.end, visit)
    }

    private func forEachArchived(in window: Window, _ body: (Prediction, Double?) throws -> Void) throws {
        guard let archive else {
            return try PredictionSegmentTable(transaction: transaction).requireNone(
                of: endpoint, in: workspace, from: window.start, to: window.end)
        }
        try archive.forEach(of: endpoint, in: workspace, from: window.start, to: window.end, transaction, body)
    }
}
