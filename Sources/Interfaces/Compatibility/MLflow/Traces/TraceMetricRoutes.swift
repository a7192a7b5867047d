// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation
import Governance
import HTTPServer
import HTTPTypes
import Tracking

/// `traces/metrics`: counts, times, tokens, costs and scores of many traces at once.
struct TraceMetricRoutes: RouteGroup {
    let traces: TraceTracking

    var routes: [Route] { MLflowRoute.routes([.post], "3.0/mlflow/traces/metrics", .trackingRead, query) }

    private func query(_ call: MLflowCall) async throws -> JSONWriter {
        let fields = call.fields
        guard let view = try fields.choice("view_type", TraceMetrics.View.self) else { throw MLflowFields.missing("view_type") }
        let name = try fields.required("metric_name")
        let metric = try TraceMetrics.metric(name, of: view)
        let aggregations = try fields.objects("aggregations").map { fields throws(Problem) in try Self.aggregation(fields) }
        guard !aggregations.isEmpty else { throw MLflowFields.missing("aggregations") }
        let dimensions = try fields.texts("dimensions")
        guard fields["experiment_ids"] != nil else { throw MLflowFields.missing("experiment_ids") }
        var statistics = TraceStatistics(
            experiments: try fields.experiments(), figure: metric.figure, aggregations: aggregations.map(\.aggregation))
        try metric.check(aggregations.map(\.word), dimensions)
        statistics.groups = dimensions.compactMap { metric.dimensions[$0] }
        statistics.conditions = try fields.texts("filters").map { text throws(Problem) in try TraceMetrics.condition(text, on: view) }
        statistics.interval = try fields.integer("time_interval_seconds").flatMap { $0 == 0 ? nil : $0 }
        statistics.from = try fields.time("start_time_ms")
        statistics.through = try fields.time("end_time_ms")
        let (points, next) = try await traces.statistics(
            statistics, after: try fields.page(), limit: try fields.count("max_results", default: 1_000), by: call.caller)
        return JSONWriter.object { writer in
            writer.member("data_points", objects: points) { point, writer in
                writer.member("metric_name", name)
                let begin = point.begin.map { [("time_bucket", String(ProtoTime.text(of: $0).prefix(19)) + "+00:00")] } ?? []
                writer.member("dimensions", pairs: begin + Array(zip(dimensions, point.groups)))
                let values = zip(aggregations, point.values).compactMap { aggregation, value in
                    value.map { (aggregation.label, JSONValue.number($0)) }
                }
                writer.member("values", json: .object(Dictionary(values, uniquingKeysWith: { first, _ in first })))
            }
            writer.member("next_page_token", next?.text)
        }
    }

    /// - Returns: Also MLflow's word for it, and what its value is called in answers.
    private static func aggregation(
        _ fields: MLflowFields
    ) throws(Problem) -> (aggregation: TraceStatistics.Aggregation, word: String, label: String) {
        let word = try fields.required("aggregation_type")
        let percentile = try fields.double("percentile_value")
        guard word == "PERCENTILE" || percentile == nil else {
            throw Problem(
                .invalid, "mlflow.aggregation.percentile",
                "Percentile value is only allowed for PERCENTILE aggregation type, got \(word.printable)")
        }
        switch word {
        case "COUNT": return (.count, word, word)
        case "SUM": return (.sum, word, word)
        case "AVG": return (.average, word, word)
        case "MIN": return (.minimum, word, word)
        case "MAX": return (.maximum, word, word)
        case "PERCENTILE":
            guard let percentile else {
                throw Problem(
                    .invalid, "mlflow.aggregation.percentile", "Percentile value is required for PERCENTILE aggregation")
            }
            return (.percentile(percentile), word, "P\(percentile)")
        default: throw MLflowFields.invalid("aggregation_type", .string(word))
        }
    }
}
