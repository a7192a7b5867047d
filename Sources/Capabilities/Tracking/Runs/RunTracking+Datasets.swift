// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// A dataset that runs of an experiment used, once for each purpose they used it for.
package struct DatasetUse: Hashable, Sendable {
    package var experiment: Int64
    package var name: String
    package var digest: String
    package var context: String?
}

extension RunTracking {
    package static var maximumDatasetExperiments: Int { 20 }
    package static var maximumDatasetUses: Int { 1_000 }

    /// What the active runs of some experiments used, by name and digest; at most 1,000.
    package func datasets(in experiments: [Int64], by caller: Caller) async throws -> [DatasetUse] {
        guard (1...Self.maximumDatasetExperiments).contains(experiments.count) else {
            throw Problem(
                .invalid, "tracking.datasets.experiments",
                "SearchDatasets request must specify at least one and at most \(Self.maximumDatasetExperiments) experiment_ids. Received \(experiments.count)."
            )
        }
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let marks = experiments.map { _ in "?" }.joined(separator: ", ")
            return try transaction.rows(
                """
                SELECT DISTINCT input_dataset.experiment AS experiment, input_dataset.name AS name, input_dataset.digest AS digest,
                run_input.context AS context
                FROM input_dataset JOIN run_input ON run_input.dataset = input_dataset.id JOIN run ON run.id = run_input.run
                WHERE input_dataset.experiment IN (\(marks)) AND run.workspace = ? AND run.lifecycle = 'active'
                ORDER BY experiment, name, digest, context LIMIT \(Self.maximumDatasetUses)
                """,
                values: experiments.map(\.databaseValue) + [.text(caller.workspace)]
            ).map {
                DatasetUse(experiment: try $0["experiment"], name: try $0["name"], digest: try $0["digest"], context: try $0["context"])
            }
        }
    }

    /// Series of several runs, one after another by id, each in the order of time; at most `limit` points, taken by step.
    package func bulkHistory(of key: String, in ids: [String], limit: Int, by caller: Caller) async throws -> [(
        run: String, metric: Metric
    )] {
        guard (1...Self.maximumBulkRuns).contains(ids.count) else {
            throw Problem(
                .invalid, "tracking.history.runs",
                "GetMetricHistoryBulk request must specify at least one and at most \(Self.maximumBulkRuns) run_ids. Received \(ids.count)."
            )
        }
        try SearchLimit.check(limit, atMost: Self.maximumHistoryPage)
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let table = RunTable(transaction: transaction, workspace: caller.workspace)
            var points: [(run: String, metric: Metric)] = []
            for id in ids.sorted() {
                _ = try table.get(id)
                guard points.count < limit else { continue }
                var series: [Metric] = []
                try table.metrics.history(of: key, in: id, after: nil, limit: limit - points.count) { series.append($0) }
                series.sort { ($0.time, $0.step) < ($1.time, $1.step) }
                points += series.map { (id, $0) }
            }
            return points
        }
    }
}
