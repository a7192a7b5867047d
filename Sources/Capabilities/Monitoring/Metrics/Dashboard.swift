// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A dashboard of Grafana's (schema version 39) with a panel for each metric of `MonitorMetric`.
package enum Dashboard {
    private static let width = 12
    private static let height: Int64 = 8

    package static var document: JSONValue {
        .object([
            "title": .string("Dhow monitors"), "uid": .string("dhow-monitors"), "schemaVersion": 39, "editable": .bool(true),
            "tags": .array([.string("dhow")]), "timezone": .string("utc"), "refresh": .string("1m"),
            "time": .object(["from": .string("now-7d"), "to": .string("now")]),
            "templating": .object(["list": .array(variables)]), "annotations": .object(["list": .array([])]),
            "panels": .array(MonitorMetric.allCases.enumerated().map(panel)),
        ])
    }

    private static var variables: [JSONValue] {
        [
            .object([
                "name": .string("datasource"), "type": .string("datasource"), "query": .string("prometheus"),
                "label": .string("Data source"),
            ]),
            chosen("workspace", "Workspace", "label_values(\(MonitorMetric.rows.rawValue), workspace)"),
            chosen("monitor", "Monitor", "label_values(\(MonitorMetric.rows.rawValue){workspace=~\"$workspace\"}, monitor)"),
        ]
    }

    private static func chosen(_ name: String, _ label: String, _ query: String) -> JSONValue {
        .object([
            "name": .string(name), "type": .string("query"), "label": .string(label), "datasource": source, "definition": .string(query),
            "query": .object(["query": .string(query), "refId": .string(name)]), "refresh": 2, "includeAll": .bool(true),
            "multi": .bool(true),
            "current": .object(["text": .string("All"), "value": .string("$__all")]),
        ])
    }

    private static let source = JSONValue.object(["type": .string("prometheus"), "uid": .string("${datasource}")])

    private static func panel(_ place: Int, _ metric: MonitorMetric) -> JSONValue {
        .object([
            "id": .integer(Int64(place + 1)), "type": .string(kind(metric)), "title": .string(title(metric)),
            "description": .string(metric.help),
            "datasource": source,
            "gridPos": .object([
                "x": .integer(Int64(place % 2 * width)), "y": .integer(Int64(place / 2) * height), "w": .integer(Int64(width)),
                "h": .integer(height),
            ]),
            "targets": .array([
                .object([
                    "refId": .string("A"), "datasource": source, "expr": .string(expression(metric)),
                    "legendFormat": .string(legend(metric)),
                ])
            ]),
            "fieldConfig": .object(["defaults": .object(defaults(metric)), "overrides": .array([])]), "options": .object([:]),
        ])
    }

    private static func kind(_ metric: MonitorMetric) -> String {
        switch metric {
        case .windowEnd, .verdict, .incidentsOpen, .leftOut: "stat"
        default: "timeseries"
        }
    }

    private static func title(_ metric: MonitorMetric) -> String {
        switch metric {
        case .windowEnd: "Since the last window's end"
        case .rows: "Rows"
        case .verdict: "Verdict"
        case .columnDrift: "Drift of columns"
        case .columnNulls: "Nulls"
        case .scoreDrift: "Drift of the score"
        case .logLoss: "Log loss"
        case .logLossChange: "Log loss against the baseline"
        case .labelCoverage: "Labelled rows"
        case .ruleLevel: "Rules, as a share of their limits"
        case .incidentsOpen: "Open incidents"
        case .leftOut: "Series left out"
        }
    }

    private static func expression(_ metric: MonitorMetric) -> String {
        let filter = metric.labels.contains("monitor") ? "{workspace=~\"$workspace\", monitor=~\"$monitor\"}" : ""
        let series = metric.rawValue + filter
        return metric == .windowEnd ? "time() - \(series)" : series
    }

    private static func legend(_ metric: MonitorMetric) -> String {
        metric.labels.filter { $0 != "workspace" && $0 != "endpoint" && $0 != "model" }.map { "{{\($0)}}" }.joined(separator: " ")
    }

    private static func defaults(_ metric: MonitorMetric) -> [String: JSONValue] {
        let unit =
            switch metric {
            case .columnNulls, .labelCoverage, .ruleLevel: "percentunit"
            case .windowEnd: "s"
            default: "short"
            }
        var defaults: [String: JSONValue] = ["unit": .string(unit)]
        let limit: Double? =
            switch metric {
            case .columnDrift: MonitorThresholds().driftWarning
            case .scoreDrift: MonitorThresholds().scoreDrift
            case .logLossChange: MonitorThresholds().logLossMargin
            case .ruleLevel, .incidentsOpen, .leftOut: 1
            default: nil
            }
        if let limit {
            defaults["thresholds"] = .object([
                "mode": .string("absolute"),
                "steps": .array([
                    .object(["color": .string("green"), "value": .null]), .object(["color": .string("red"), "value": .number(limit)]),
                ]),
            ])
        }
        return defaults
    }
}
