// SPDX-License-Identifier: Apache-2.0

package import Backends
import Domain
import Synchronization

/// What all monitors saw in the window that each judged last.
///
/// Evaluations are read once; a call looks only for newer ones. Monitors by name share `mostSeries`; those beyond are counted.
package final class MonitorMetrics: Sendable {
    package static let mostSeries = 10_000

    private struct Key: Hashable {
        var workspace: String
        var monitor: String
    }

    private struct Known {
        var evaluation: String
        var revision: Int
        var gauges: MonitorGauges
    }

    private let database: any Database
    private let most: Int
    private let known = Mutex<[Key: Known]>([:])

    package init(database: any Database, mostSeries: Int = MonitorMetrics.mostSeries) {
        self.database = database
        most = mostSeries
    }

    /// In the order of `MonitorMetric.allCases`.
    package func families() async throws -> [MetricFamily] {
        let before = known.withLock { $0 }
        let (now, incidents) = try await database.read { transaction in
            (try Self.newest(before, transaction), try Self.incidents(transaction))
        }
        known.withLock { $0 = now }
        var points: [MonitorMetric: [MetricFamily.Point]] = [.incidentsOpen: incidents]
        var leftOut: [String: Int] = [:]
        var series = incidents.count
        for (_, entry) in now.sorted(by: { ($0.key.workspace, $0.key.monitor) < ($1.key.workspace, $1.key.monitor) }) {
            for (metric, number) in entry.gauges.leftOut { leftOut[metric.rawValue, default: 0] += number }
            guard series + entry.gauges.count <= most else {
                for (metric, some) in entry.gauges.points { leftOut[metric.rawValue, default: 0] += some.count }
                continue
            }
            series += entry.gauges.count
            for (metric, some) in entry.gauges.points { points[metric, default: []] += some }
        }
        points[.leftOut] = leftOut.sorted { $0.key < $1.key }.map { MetricFamily.Point(labels: [$0.key], value: Double($0.value)) }
        return MonitorMetric.allCases.map { MetricFamily(metric: $0, points: points[$0] ?? []) }
    }

    private static func newest(_ before: [Key: Known], _ transaction: any Transaction) throws -> [Key: Known] {
        var now: [Key: Known] = [:]
        for (workspace, monitor) in try MonitorProgressTable.monitors(in: transaction) {
            let key = Key(workspace: workspace, monitor: monitor.name)
            let id: String? = try transaction.row(
                "SELECT id FROM evaluation WHERE workspace = ? AND monitor = ? ORDER BY id DESC LIMIT 1", workspace, monitor.name)?["id"]
            guard let id else { continue }
            if let same = before[key], same.evaluation == id, same.revision == monitor.revision {
                now[key] = same
            } else if let evaluation = try EvaluationTable(transaction: transaction, workspace: workspace).find(id) {
                now[key] = Known(
                    evaluation: id, revision: monitor.revision,
                    gauges: MonitorGauges(evaluation, monitor.specification, workspace: workspace))
            }
        }
        return now
    }

    private static func incidents(_ transaction: any Transaction) throws -> [MetricFamily.Point] {
        try transaction.rows(
            """
            SELECT workspace, monitor, severity, COUNT(*) AS number FROM incident WHERE closed IS NULL
            GROUP BY workspace, monitor, severity ORDER BY workspace, monitor, severity LIMIT 1000
            """
        ).map { row in
            let number: Int = try row["number"]
            return MetricFamily.Point(labels: [try row["workspace"], try row["monitor"], try row["severity"]], value: Double(number))
        }
    }
}
