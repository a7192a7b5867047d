// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics

/// Says what changed from a baseline to a window: profiles in, findings out, and nothing else.
///
/// A finding needs three things at once: a p-value that holds among all tests of the table (Benjamini–Hochberg for the list, Holm for what may
/// wake somebody), an effect that reaches its limit after what chance makes of it is taken off, and rows enough. The first keeps the rate of
/// false alarms, the second keeps a million rows from making every trifle an alarm, the third keeps a handful from saying anything.
package struct ProfileJudge: Sendable {
    package let settings: JudgeSettings

    package init(_ settings: JudgeSettings = JudgeSettings()) {
        self.settings = settings
    }

    /// - Parameter names: Of both sides, for people.
    package func judge(
        _ window: TableProfile, against baseline: TableProfile, names: (baseline: String, window: String) = ("baseline", "window")
    ) -> DriftReport {
        let found = Dictionary(window.columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var columns = baseline.columns.map { column in
            ColumnJudge(settings: settings, role: role(of: column.name)).report(column, found[column.name])
        }
        var performance = PerformanceJudge(settings: settings).report(baseline.scored, window.scored)
        let tests = decide(&columns, &performance)
        for index in columns.indices {
            guard let before = baseline.column(columns[index].name), let after = found[columns[index].name] else { continue }
            ColumnJudge(settings: settings, role: columns[index].role).explain(&columns[index], before, after)
        }
        let known = Set(baseline.columns.map(\.name))
        let judged = columns.filter { $0.role != .ignored }
        let importance = judged.reduce(0) { $0 + $1.importance }
        let drifted = judged.reduce(0) { $0 + ($1.hasDrifted ? $1.importance : 0) }
        let all = judged.flatMap(\.tests) + (performance?.tests ?? [])
        let hasRows = min(baseline.rowCount, window.rowCount) >= settings.minimumRows
        return DriftReport(
            verdict: all.contains(where: \.isFinding) ? .drifted : hasRows ? .unchanged : .undecided,
            pages: all.contains(where: \.pages), baseline: DriftReport.Side(name: names.baseline, rows: baseline.rowCount),
            window: DriftReport.Side(name: names.window, rows: window.rowCount), tests: tests, statement: statement(tests: tests),
            driftedShare: importance > 0 ? drifted / importance : 0,
            newColumns: window.columns.map(\.name).filter { !known.contains($0) }, columns: columns, performance: performance,
            settings: settings)
    }

    private func role(of column: String) -> ColumnReport.Role {
        if settings.ignored.contains(column) { return .ignored }
        return column == settings.score ? .score : column == settings.label ? .label : .feature
    }

    /// All tests of the table are one family. Gone columns need no test.
    private func decide(_ columns: inout [ColumnReport], _ performance: inout PerformanceReport?) -> Int {
        var places: [(column: Int?, test: Int, pValue: Double)] = []
        for (column, report) in columns.enumerated() {
            for (index, test) in report.tests.enumerated() {
                if let pValue = test.pValue { places.append((column, index, pValue)) }
            }
        }
        for (index, test) in (performance?.tests ?? []).enumerated() {
            if let pValue = test.pValue { places.append((nil, index, pValue)) }
        }
        let family = places.map(\.pValue)
        let listed = MultipleTesting.benjaminiHochberg.adjusted(family)
        let paged = MultipleTesting.holm.adjusted(family)
        for (number, place) in places.enumerated() {
            if let column = place.column {
                columns[column].tests[place.test].decide(listed: listed[number], paged: paged[number], settings)
            } else {
                performance?.tests[place.test].decide(listed: listed[number], paged: paged[number], settings)
            }
        }
        return places.count
    }

    private func statement(tests: Int) -> String {
        "\(tests) tests. On unchanged data the chance of any finding is at most \(settings.level) for the list (Benjamini–Hochberg; otherwise the "
            + "expected share of false findings in it) and for paging (Holm). A finding also needs an effect above its limit with chance taken "
            + "off, and \(settings.minimumRows) rows on both sides."
    }
}
