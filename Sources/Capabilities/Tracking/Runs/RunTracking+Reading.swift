// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
package import Governance

/// Searching runs, reading series, and linking runs to what they used and made.
extension RunTracking {
    package static var maximumHistoryPage: Int { 25_000 }
    package static var maximumBulkRuns: Int { 100 }
    package static var maximumBulkPoints: Int { 2_500 }
    package static var maximumInputs: Int { 1_000 }

    /// - Parameter experiments: The runs of these; of none when empty.
    package func search(
        _ filter: String, in experiments: [Int64], order: [String] = [], view: LifecycleView = .active, after token: PageToken? = nil,
        limit: Int, by caller: Caller
    ) async throws -> (items: [Run], next: PageToken?) {
        let comparisons = try FilterParser.comparisons(in: filter)
        let terms = try order.map { text throws(Problem) in try FilterParser.sortTerm(in: text) }
        try SearchLimit.check(limit, atMost: Self.maximumPage)
        guard !experiments.isEmpty else { return ([], nil) }
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let search = RunSearch(
                experiments: experiments, comparisons: comparisons, terms: terms, view: view, workspace: caller.workspace)
            var (items, next) = try search.page(after: token, limit: limit, in: transaction)
            try RunTable(transaction: transaction, workspace: caller.workspace).complete(&items)
            return (items, next)
        }
    }

    /// A series in the order of step, time and value.
    package func history(
        of key: String, in id: String, after token: PageToken?, limit: Int, by caller: Caller
    ) async throws -> (items: [Metric], next: PageToken?) {
        try SearchLimit.check(limit, atMost: Self.maximumHistoryPage)
        let last = try token.map { token throws(Problem) in try Metric(endOf: token, key: key) }
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let table = RunTable(transaction: transaction, workspace: caller.workspace)
            _ = try table.get(id)
            var metrics: [Metric] = []
            try table.metrics.history(of: key, in: id, after: last, limit: limit + 1) { metrics.append($0) }
            guard metrics.count > limit else { return (metrics, nil) }
            metrics.removeLast()
            return (metrics, metrics.last?.pageToken)
        }
    }

    /// Series of several runs thinned to about `limit` steps each, the same steps for all; first and last steps of each run stay.
    ///
    /// O(runs × limit) seeks, however long the series are, unless their steps are so uneven that a grid over them finds few; then O(points).
    package func sampledHistory(
        of key: String, in ids: [String], from start: Int64?, through end: Int64?, limit: Int, by caller: Caller
    ) async throws -> [(run: String, metric: Metric)] {
        try SearchLimit.check(limit, atMost: Self.maximumBulkPoints)
        guard (1...Self.maximumBulkRuns).contains(ids.count) else {
            throw Problem(
                .invalid, "tracking.history.runs",
                "GetMetricHistoryBulkInterval request must specify at least one and at most \(Self.maximumBulkRuns) run_ids.")
        }
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let table = RunTable(transaction: transaction, workspace: caller.workspace)
            for id in ids { _ = try table.get(id) }
            guard let range = start ?? .min <= end ?? .max ? (start ?? .min)...(end ?? .max) : nil else { return [] }
            let sampling = MetricSampling(metrics: table.metrics, key: key, runs: ids, range: range, limit: limit)
            let steps = try sampling.steps()
            var points: [(run: String, metric: Metric)] = []
            for id in ids {
                for metric in try table.metrics.points(of: key, in: id, at: steps) { points.append((id, metric)) }
            }
            return points
        }
    }

    /// A whole series thinned to at most `limit` points that keep its ends and extremes, and how many it has. O(points of the series).
    package func thinnedHistory(
        of key: String, in id: String, limit: Int, by caller: Caller
    ) async throws -> (points: [Metric], count: Int) {
        guard (MetricThinning.smallestLimit...Self.maximumHistoryPage).contains(limit) else {
            throw Problem(
                .invalid, "tracking.history.points", "A series cannot be thinned to \(limit) points.",
                fix: "Ask for \(MetricThinning.smallestLimit) to \(Self.maximumHistoryPage).")
        }
        return try await governor.read(.trackingRead, by: caller) { transaction in
            let table = RunTable(transaction: transaction, workspace: caller.workspace)
            _ = try table.get(id)
            let count = try table.metrics.count(of: key, in: id)
            guard count > 0 else {
                throw Problem(
                    .notFound, "tracking.metric.unknown", "Run \(id) has no metric '\(key.printable)'.", fix: "See the run's metrics.")
            }
            var thinning = MetricThinning(count: count, limit: limit)
            try table.metrics.history(of: key, in: id, after: nil, limit: count) { thinning.add($0) }
            return (thinning.points, count)
        }
    }

    package func link(_ inputs: [RunInput] = [], models: [RunModel] = [], to id: String, by caller: Caller) async throws {
        guard inputs.count + models.count <= Self.maximumInputs else {
            throw Problem(
                .invalid, "tracking.inputs.too-many", "The request names \(inputs.count + models.count) inputs or outputs.",
                why: "At most \(Self.maximumInputs) are taken at once.")
        }
        try await governor.measure(.trackingWrite, by: caller) { transaction in
            let run = try RunTable(transaction: transaction, workspace: caller.workspace).getActive(id)
            let links = RunLinkTable(transaction: transaction)
            for input in inputs { try links.insert(input, of: run, newID: governor.identifiers.next) }
            let table = LoggedModelTable(transaction: transaction, workspace: caller.workspace)
            for model in models { _ = try table.get(model.model) }
            try links.insert(models, of: id)
        }
    }
}

extension Metric {
    var pageToken: PageToken {
        PageToken(values: [.integer(step), time.databaseValue, MetricTable.stored(value), .integer(value.isNaN ? 1 : 0)])
    }

    init(endOf token: PageToken, key: String) throws(Problem) {
        guard token.values.count == 4, let step = Int64(token.values[0]), let time = Timestamp(token.values[1]),
            let value = Double(token.values[2]), let isNaN = Int64(token.values[3])
        else { throw PageToken.refusal }
        self.init(key, isNaN == 1 ? .nan : value, time: time, step: step)
    }
}
