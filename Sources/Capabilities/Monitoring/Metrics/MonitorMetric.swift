// SPDX-License-Identifier: Apache-2.0

/// One metric that all monitors show, to Prometheus, to OpenTelemetry and on the dashboard.
package enum MonitorMetric: String, CaseIterable, Sendable {
    case windowEnd = "dhow_monitor_window_end_seconds"
    case rows = "dhow_monitor_rows"
    case verdict = "dhow_monitor_verdict"
    case columnDrift = "dhow_monitor_column_drift"
    case columnNulls = "dhow_monitor_column_null_share"
    case scoreDrift = "dhow_monitor_score_drift"
    case logLoss = "dhow_monitor_log_loss"
    case logLossChange = "dhow_monitor_log_loss_change"
    case labelCoverage = "dhow_monitor_label_coverage"
    case ruleLevel = "dhow_monitor_rule_level"
    case incidentsOpen = "dhow_monitor_incidents_open"
    case leftOut = "dhow_monitor_series_left_out"

    package var help: String {
        switch self {
        case .windowEnd: "End of the window judged last, in seconds since 1970."
        case .rows: "Rows of the window judged last."
        case .verdict: "1 for the verdict on the window judged last."
        case .columnDrift: "Stability index of a column above its noise floor, in nats."
        case .columnNulls: "Share of a column's rows without a value."
        case .scoreDrift: "Stability index of the score above its noise floor, in nats."
        case .logLoss: "Mean log loss of the labelled rows, in nats."
        case .logLossChange: "Log loss less the baseline's, in nats."
        case .labelCoverage: "Share of the scored rows that have a label."
        case .ruleLevel: "What a rule measured as a share of its limit; 1 is a breach."
        case .incidentsOpen: "Incidents that are not closed."
        case .leftOut: "Series beyond the limits, which are in the series 'other' or nowhere."
        }
    }

    package var labels: [String] {
        let version = ["workspace", "monitor", "endpoint", "model", "version"]
        return switch self {
        case .windowEnd: ["workspace", "monitor", "endpoint"]
        case .verdict: ["workspace", "monitor", "endpoint", "verdict"]
        case .rows, .scoreDrift, .logLoss, .logLossChange, .labelCoverage: version
        case .columnDrift, .columnNulls: version + ["column"]
        case .ruleLevel: version + ["rule", "segment"]
        case .incidentsOpen: ["workspace", "monitor", "severity"]
        case .leftOut: ["metric"]
        }
    }
}

/// The points of one metric.
package struct MetricFamily: Sendable, Equatable {
    package struct Point: Sendable, Equatable {
        /// In the order of the metric's labels.
        package var labels: [String]
        package var value: Double
    }

    package var metric: MonitorMetric
    package var points: [Point]

    /// Prometheus' text form (exposition format 0.0.4); nothing without points.
    package var exposition: String {
        guard !points.isEmpty else { return "" }
        let name = metric.rawValue
        return "# HELP \(name) \(metric.help)\n# TYPE \(name) gauge\n"
            + points.map { point in
                let labels = zip(metric.labels, point.labels).map { "\($0)=\"\(Self.escaped($1))\"" }
                return "\(name){\(labels.joined(separator: ","))} \(point.value)\n"
            }.joined()
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
