// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// A question about many traces as one SQL statement.
///
/// The innermost rows have a figure and the keys of their group. Where a percentile is asked for, each then gets its place in its group,
/// so that a percentile is a sum over the one or two rows beside its place; SQLite has no function for it.
struct TraceStatisticsStatement {
    private enum Rows { case traces, spans, assessments }

    private let statistics: TraceStatistics
    private let workspace: String
    private let rows: Rows
    private var joins: [String] = []
    private var joinValues: [DatabaseValue] = []
    private var conditions: [String] = []
    private var values: [DatabaseValue] = []
    /// Expressions of the group keys, the beginning of a span of time first.
    private var keys: [String] = []

    init(_ statistics: TraceStatistics, of workspace: String) throws(Problem) {
        self.statistics = statistics
        self.workspace = workspace
        rows =
            switch statistics.figure {
            case .traces, .distinctMetadata, .traceDuration, .traceNumber: .traces
            case .spans, .spanDuration, .spanNumber: .spans
            case .assessments, .score: .assessments
            }
        switch rows {
        case .traces: break
        case .spans: joins.append("JOIN trace_span span ON span.trace = trace.key")
        case .assessments: joins.append("JOIN trace_assessment assessment ON assessment.trace = trace.key AND assessment.is_valid = 1")
        }
        let marks = statistics.experiments.map { _ in "?" }.joined(separator: ", ")
        require(
            "trace.workspace = ? AND trace.experiment IN (\(marks)) AND trace.lifecycle = 'active'",
            [.text(workspace)] + statistics.experiments.map(\.databaseValue))
        bound()
        for condition in statistics.conditions { try add(condition) }
        if let interval = statistics.interval {
            keys.append(
                rows == .spans
                    ? "(span.started / \(interval * 1_000_000_000)) * \(interval * 1000)"
                    : "(trace.started / \(interval * 1000)) * \(interval * 1000)")
        }
        for group in statistics.groups { try add(group) }
    }

    /// - Returns: At most `limit` points by time and groups, and the place after which the next ones come.
    func page(
        after token: PageToken?, limit: Int, in transaction: any Transaction
    ) throws -> (points: [TraceStatistics.Point], next: PageToken?) {
        let names = keys.indices.map { "k\($0)" }
        var (sql, values) = grouped(by: names)
        if let token {
            guard !names.isEmpty, token.values.count == names.count else { throw PageToken.refusal }
            var place = ""
            for (index, name) in names.enumerated() {
                place += index == names.count - 1 ? "\(name) > ?" : "\(name) > ? OR (\(name) = ? AND ("
                values += Array(repeating: token.values[index], count: index == names.count - 1 ? 1 : 2)
            }
            sql += " WHERE " + place + String(repeating: "))", count: max(0, names.count - 1))
        }
        if !names.isEmpty { sql += " ORDER BY " + names.joined(separator: ", ") }
        sql += " LIMIT \(limit + 1)"
        var points: [TraceStatistics.Point] = []
        var last: PageToken?
        var hasMore = false
        try transaction.forEachRow(sql, values: values) { row in
            guard points.count < limit else {
                hasMore = true
                return
            }
            var groups: [String] = []
            var begin: Timestamp?
            for (index, name) in names.enumerated() {
                if index == 0, statistics.interval != nil {
                    begin = Timestamp(milliseconds: try row[name])
                } else {
                    groups.append(try row[name])
                }
            }
            let numbers: [Double?] = try statistics.aggregations.indices.map { try row["a\($0)"] }
            if points.count == limit - 1 { last = PageToken(values: try names.map { try row[$0] }) }
            guard numbers.contains(where: { $0 != nil }) else { return }
            points.append(TraceStatistics.Point(begin: begin, groups: groups, values: numbers))
        }
        return (points, hasMore ? last : nil)
    }

    private func grouped(by names: [String]) -> (sql: String, values: [DatabaseValue]) {
        let figure = figure
        let selected = zip(keys, names).map { "\($0) AS \($1)" } + ["\(figure.sql) AS v"]
        var sql = "SELECT \(selected.joined(separator: ", ")) FROM trace \(joins.joined(separator: " "))"
        let present = [figure.sql + " IS NOT NULL"] + keys.dropFirst(statistics.interval == nil ? 0 : 1).map { $0 + " IS NOT NULL" }
        sql += " WHERE " + (conditions + present).map { "(\($0))" }.joined(separator: " AND ")
        let isRanked = statistics.aggregations.contains { if case .percentile = $0 { true } else { false } }
        let list = names.map { $0 + ", " }.joined()
        if isRanked {
            let partition = names.isEmpty ? "" : "PARTITION BY " + names.joined(separator: ", ")
            sql = """
                SELECT \(list)v, ROW_NUMBER() OVER (\(partition) ORDER BY v) - 1 AS place, COUNT(*) OVER (\(partition)) - 1 AS last
                FROM (\(sql)) plain
                """
        }
        let aggregates = statistics.aggregations.enumerated().map { "\(self.sql(of: $1)) AS a\($0)" }
        sql = "SELECT \(list)\(aggregates.joined(separator: ", ")) FROM (\(sql)) found"
        if !names.isEmpty { sql += " GROUP BY " + names.joined(separator: ", ") }
        return ("SELECT * FROM (\(sql)) answer", joinValues + values)
    }

    private var figure: (sql: String, isDistinct: Bool) {
        func number(_ sql: String) -> (String, Bool) { ("CAST(\(sql) AS DOUBLE PRECISION)", false) }
        return switch statistics.figure {
        case .traces, .spans, .assessments: number("1")
        case .distinctMetadata: ("counted.value", true)
        case .traceDuration: number("trace.duration")
        case .traceNumber, .spanNumber: number("counted.number")
        case .spanDuration: number("(span.ended - span.started) / 1000000")
        case .score: number("assessment.score")
        }
    }

    private func sql(of aggregation: TraceStatistics.Aggregation) -> String {
        switch aggregation {
        case .count: return "CAST(COUNT(\(figure.isDistinct ? "DISTINCT " : "")v) AS DOUBLE PRECISION)"
        case .sum: return "SUM(v)"
        case .average: return "AVG(v)"
        case .minimum: return "MIN(v)"
        case .maximum: return "MAX(v)"
        case .percentile(let percentile):
            // In millionths of a per cent, so that places are found by whole numbers.
            let scale: Int64 = 100_000_000
            let position = "\(Int64((percentile * 1_000_000).rounded())) * last"
            let rest = "CAST((\(position)) % \(scale) AS DOUBLE PRECISION) / \(scale)"
            return """
                SUM(CASE WHEN place = (\(position)) / \(scale) THEN v * (1 - \(rest))
                WHEN place = (\(position)) / \(scale) + 1 THEN v * (\(rest)) END)
                """
        }
    }

    /// The rows the figure is counted in, and the time they are taken from.
    private mutating func bound() {
        switch statistics.figure {
        case .distinctMetadata(let key):
            join("JOIN trace_metadata counted ON counted.trace = trace.key AND counted.key = ?", [.text(key)])
        case .traceNumber(let key):
            join("JOIN trace_number counted ON counted.trace = trace.key AND counted.span = '' AND counted.key = ?", [.text(key)])
        case .spanNumber(let key):
            join("JOIN trace_number counted ON counted.trace = trace.key AND counted.span = span.id AND counted.key = ?", [.text(key)])
        default: break
        }
        if case .spanNumber = statistics.figure {
            if let from = statistics.from { require("span.started >= ?", [.integer(Self.nanoseconds(from.milliseconds))]) }
            if let through = statistics.through, through.milliseconds < .max {
                require("span.started < ?", [.integer(Self.nanoseconds(through.milliseconds + 1))])
            }
        } else {
            if let from = statistics.from { require("trace.started >= ?", [from.databaseValue]) }
            if let through = statistics.through { require("trace.started <= ?", [through.databaseValue]) }
        }
    }

    private static func nanoseconds(_ milliseconds: Int64) -> Int64 {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? (milliseconds < 0 ? .min : .max) : product
    }

    private mutating func add(_ condition: TraceStatistics.Condition) throws(Problem) {
        switch condition {
        case .traceState(let state): require("trace.state = ?", [.text(state)])
        case .traceName(let name): require("trace.name = ?", [.text(name)])
        case .traceTag(let key, let value):
            require(
                "EXISTS (SELECT 1 FROM trace_tag fact WHERE fact.trace = trace.key AND fact.key = ? AND fact.value = ?)",
                [.text(key), .text(value)])
        case .traceMetadata(let key, let value):
            require(
                "EXISTS (SELECT 1 FROM trace_metadata fact WHERE fact.trace = trace.key AND fact.key = ? AND fact.value = ?)",
                [.text(key), .text(value)])
        case .run(let run):
            require(
                """
                EXISTS (SELECT 1 FROM trace_link link WHERE link.workspace = trace.workspace AND link.trace = trace.id
                AND link.kind = 'run' AND link.target = ?)
                """, [.text(run)])
        case .spanName(let name): try require(.spans, "span.name = ?", name)
        case .spanStatus(let status): try require(.spans, "span.status = ?", status)
        case .spanType(let type): try require(.spans, "span.type = ?", type)
        case .assessmentName(let name): try require(.assessments, "assessment.key = ?", name)
        case .assessmentKind(let kind): try require(.assessments, "assessment.kind = ?", kind)
        }
    }

    private mutating func add(_ group: TraceStatistics.Group) throws(Problem) {
        switch group {
        case .traceName: keys.append("trace.name")
        case .traceState: keys.append("trace.state")
        case .spanName: try key(.spans, "span.name")
        case .spanType: try key(.spans, "span.type")
        case .spanStatus: try key(.spans, "span.status")
        case .spanAttribute(let name):
            let alias = "attribute_\(joins.count)"
            try key(.spans, "\(alias).value")
            join(
                "JOIN trace_span_attribute \(alias) ON \(alias).trace = trace.key AND \(alias).span = span.id AND \(alias).key = ?",
                [.text(name)])
        case .assessmentName: try key(.assessments, "assessment.key")
        case .assessmentValue: try key(.assessments, "assessment.json")
        }
    }

    private mutating func key(_ needed: Rows, _ expression: String) throws(Problem) {
        guard rows == needed else { throw Self.mismatch }
        keys.append(expression)
    }

    private mutating func require(_ needed: Rows, _ sql: String, _ value: String) throws(Problem) {
        guard rows == needed else { throw Self.mismatch }
        require(sql, [.text(value)])
    }

    private mutating func require(_ sql: String, _ values: [DatabaseValue]) {
        conditions.append(sql)
        self.values += values
    }

    private mutating func join(_ sql: String, _ values: [DatabaseValue]) {
        joins.append(sql)
        joinValues += values
    }

    private static let mismatch = Problem(
        .invalid, "tracking.statistics.mismatched", "Spans and assessments can be told apart only where they are what is counted.",
        why: "A group or condition speaks of spans or assessments, and the figure is another's.")
}

extension TraceTracking {
    /// - Complexity: One statement; O(traces of the time) with an index, and O(spans or assessments of them), sorted for percentiles.
    package func statistics(
        _ statistics: TraceStatistics, after token: PageToken? = nil, limit: Int, by caller: Caller
    ) async throws -> (points: [TraceStatistics.Point], next: PageToken?) {
        try statistics.check()
        try SearchLimit.check(limit, atMost: TraceStatistics.maximumPage)
        let statement = try TraceStatisticsStatement(statistics, of: caller.workspace)
        guard !statistics.experiments.isEmpty else { return ([], nil) }
        return try await governor.read(.trackingRead, by: caller) { transaction in
            try statement.page(after: token, limit: limit, in: transaction)
        }
    }
}
