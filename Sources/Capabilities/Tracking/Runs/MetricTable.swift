// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain

/// The series of runs, and the latest point of each.
struct MetricTable {
    let transaction: any Transaction

    /// Adds points; one that is there already is dropped. The latest point of a series is the greatest by step, time, value.
    func log(_ metrics: [Metric], on run: Run) throws {
        guard !metrics.isEmpty else { return }
        var rows: [[DatabaseValue]] = []
        rows.reserveCapacity(metrics.count)
        var latest: [String: Metric] = [:]
        for metric in metrics {
            let row = Self.row(of: metric, in: run.id)
            rows.append(row)
            if let other = latest[metric.key], !Self.isLater(metric, than: other) { continue }
            latest[metric.key] = metric
        }
        try transaction.insert(
            into: "metric (run, key, step, time, value, is_nan)", rows: rows, "ON CONFLICT (run, key, step, time, value, is_nan) DO NOTHING"
        )
        try transaction.insert(
            into: "latest_metric (run, key, step, time, value, is_nan, experiment)",
            rows: latest.values.map { Self.row(of: $0, in: run.id) + [.integer(run.experiment)] },
            """
            ON CONFLICT (run, key) DO UPDATE
            SET step = excluded.step, time = excluded.time, value = excluded.value, is_nan = excluded.is_nan
            WHERE excluded.step > latest_metric.step OR (excluded.step = latest_metric.step AND (excluded.time > latest_metric.time
            OR (excluded.time = latest_metric.time AND excluded.value > latest_metric.value)))
            """)
    }

    /// The latest points, sorted by key, by run.
    func latest(of runs: [String]) throws -> [String: [Metric]] {
        var metrics: [String: [Metric]] = [:]
        try transaction.forEachRow(
            "SELECT run, key, step, time, value, is_nan FROM latest_metric WHERE run IN", anyOf: runs.map(\.databaseValue),
            "ORDER BY run, key"
        ) { row in
            metrics[try row["run"], default: []].append(try Self.decode(row))
        }
        return metrics
    }

    /// Points in the order of step, time and value, after the given one.
    func history(of key: String, in run: String, after last: Metric?, limit: Int, _ body: (Metric) throws -> Void) throws {
        var sql = "SELECT step, time, value, is_nan FROM metric WHERE run = ? AND key = ?"
        var values: [DatabaseValue] = [.text(run), .text(key)]
        if let last {
            sql += """
                 AND step >= ? AND (step > ? OR (step = ? AND (time > ? OR (time = ? AND (value > ? OR (value = ? AND is_nan > ?))))))
                """
            let step = DatabaseValue.integer(last.step)
            let time = last.time.databaseValue
            let value = Self.stored(last.value)
            values += [step, step, step, time, time, value, value, last.value.isNaN.databaseValue]
        }
        sql += " ORDER BY step, time, value, is_nan LIMIT \(limit)"
        try transaction.forEachRow(sql, values: values) { try body(try Self.decode($0, key: key)) }
    }

    func count(of key: String, in run: String) throws -> Int {
        try transaction.row("SELECT COUNT(*) AS points FROM metric WHERE run = ? AND key = ?", run, key).map { try $0["points"] } ?? 0
    }

    /// All steps in ascending order, at most `limit`. O(points at these steps).
    func steps(of key: String, in run: String, within range: ClosedRange<Int64>, limit: Int = .max) throws -> [Int64] {
        var steps: [Int64] = []
        try transaction.forEachRow(
            "SELECT DISTINCT step FROM metric WHERE run = ? AND key = ? AND step >= ? AND step <= ? ORDER BY step LIMIT ?",
            values: [.text(run), .text(key), .integer(range.lowerBound), .integer(range.upperBound), .integer(Int64(limit))]
        ) { steps.append(try $0["step"]) }
        return steps
    }

    /// The first and last step; nil when there is none. Two seeks.
    func ends(of key: String, in run: String, within range: ClosedRange<Int64>) throws -> ClosedRange<Int64>? {
        func step(_ order: String) throws -> Int64? {
            try transaction.row(
                "SELECT step FROM metric WHERE run = ? AND key = ? AND step >= ? AND step <= ? ORDER BY step \(order) LIMIT 1", run, key,
                range.lowerBound, range.upperBound)?["step"]
        }
        guard let first = try step("ASC"), let last = try step("DESC") else { return nil }
        return first...last
    }

    /// The first step at or after each line of a grid of `count` even distances over `range`, each once; O(count) seeks.
    func steps(of key: String, in run: String, atGridOf count: Int, over range: ClosedRange<Int64>) throws -> [Int64] {
        let (span, overflows) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
        guard !overflows else { return [] }
        // Line i stands at first + i * span / count, written so that nothing overflows.
        let line = "? + (i + 1) * ? + (i + 1) * ? / ?"
        let lineValues: [DatabaseValue] = [
            .integer(range.lowerBound), .integer(span / Int64(count)), .integer(span % Int64(count)), .integer(Int64(count)),
        ]
        let seek = "SELECT metric.step FROM metric WHERE metric.run = ? AND metric.key = ? AND metric.step >="
        let sql = """
            WITH RECURSIVE grid (i, step) AS (
                SELECT CAST(0 AS BIGINT), (\(seek) ? ORDER BY metric.step LIMIT 1)
                UNION ALL
                SELECT i + 1, (\(seek) CASE WHEN grid.step >= \(line) THEN grid.step + 1 ELSE \(line) END ORDER BY metric.step LIMIT 1)
                FROM grid WHERE i < ? AND step < ?
            )
            SELECT step FROM grid WHERE step <= ?
            """
        let series: [DatabaseValue] = [.text(run), .text(key)]
        let last = DatabaseValue.integer(range.upperBound)
        var steps: [Int64] = []
        try transaction.forEachRow(
            sql, values: series + [.integer(range.lowerBound)] + series + lineValues + lineValues + [.integer(Int64(count)), last, last]
        ) { steps.append(try $0["step"]) }
        return steps
    }

    /// Points at these steps, in order; a seek for each step, however many points the series has.
    func points(of key: String, in run: String, at steps: [Int64]) throws -> [Metric] {
        var metrics: [Metric] = []
        for start in stride(from: 0, to: steps.count, by: 200) {
            let some = steps[start..<min(start + 200, steps.count)]
            let marks = some.map { _ in "(CAST(? AS BIGINT))" }.joined(separator: ", ")
            // A list of steps beside `run = ? AND key = ?` would leave Postgres free to read the whole series and pass over what is not in
            // the list, and it does so where it takes series to be short. Rows that it cannot look into leave it the index alone.
            let sql = """
                WITH steps (step) AS (VALUES \(marks)),
                wanted AS MATERIALIZED (SELECT CAST(? AS TEXT) AS run, CAST(? AS TEXT) AS key, step FROM steps)
                SELECT metric.key, metric.step, metric.time, metric.value, metric.is_nan
                FROM wanted JOIN metric ON metric.run = wanted.run AND metric.key = wanted.key AND metric.step = wanted.step
                ORDER BY metric.step, metric.time, metric.value
                """
            try transaction.forEachRow(sql, values: some.map(\.databaseValue) + [.text(run), .text(key)]) {
                metrics.append(try Self.decode($0))
            }
        }
        return metrics
    }

    static func stored(_ value: Double) -> DatabaseValue {
        .real(value.isNaN ? 0 : max(-Double.greatestFiniteMagnitude, min(value, .greatestFiniteMagnitude)))
    }

    static func decode(_ row: Row) throws -> Metric {
        try decode(row, key: try row["key"])
    }

    private static func decode(_ row: Row, key: String) throws -> Metric {
        let isNaN: Bool = try row["is_nan"]
        return Metric(key, isNaN ? .nan : try row["value"], time: try row["time"], step: try row["step"])
    }

    private static func row(of metric: Metric, in run: String) -> [DatabaseValue] {
        [
            .text(run), .text(metric.key), .integer(metric.step), metric.time.databaseValue, stored(metric.value),
            metric.value.isNaN.databaseValue,
        ]
    }

    private static func isLater(_ metric: Metric, than other: Metric) -> Bool {
        let (value, otherValue) = (metric.value.isNaN ? 0 : metric.value, other.value.isNaN ? 0 : other.value)
        return (metric.step, metric.time, value) > (other.step, other.time, otherValue)
    }
}
