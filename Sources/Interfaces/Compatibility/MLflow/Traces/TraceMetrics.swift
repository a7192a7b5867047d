// SPDX-License-Identifier: Apache-2.0

import Domain
import Tracking

/// MLflow's names of what traces can be measured by.
enum TraceMetrics {
    enum View: String { case traces = "TRACES", spans = "SPANS", assessments = "ASSESSMENTS" }

    struct Metric {
        var figure: TraceStatistics.Figure
        var aggregations: [String]
        var dimensions: [String: TraceStatistics.Group]

        func check(_ words: [String], _ names: [String]) throws(Problem) {
            let strange = words.filter { !aggregations.contains($0) }
            guard strange.isEmpty else {
                throw Problem(
                    .invalid, "mlflow.aggregation.unsupported",
                    "Found invalid aggregation_type(s): \(strange). Supported aggregation types: \(aggregations.sorted())")
            }
            let unknown = names.filter { dimensions[$0] == nil }
            guard unknown.isEmpty, Set(names).count == names.count else {
                throw Problem(
                    .invalid, "mlflow.dimension.unsupported",
                    "Found invalid dimension(s): \(unknown.map(\.printable)). Supported dimensions: \(dimensions.keys.sorted())")
            }
        }
    }

    static let usageKey = "mlflow.trace.tokenUsage"
    static let costAttribute = "mlflow.llm.cost"
    static let tokens = [
        "input_tokens", "output_tokens", "total_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    ]
    static let costs = ["input_cost", "output_cost", "total_cost"]

    private static let spread = ["AVG", "MIN", "MAX", "PERCENTILE"]
    private static let name: [String: TraceStatistics.Group] = ["trace_name": .traceName]
    private static let model: [String: TraceStatistics.Group] = [
        "span_model_name": .spanAttribute("mlflow.llm.model"), "span_model_provider": .spanAttribute("mlflow.llm.provider"),
    ]

    static func metric(_ word: String, of view: View) throws(Problem) -> Metric {
        let metrics =
            switch view {
            case .traces: traces
            case .spans: spans
            case .assessments: assessments
            }
        guard let metric = metrics[word] else {
            throw Problem(
                .invalid, "mlflow.metric.unsupported",
                "metric_name must be one of \(metrics.keys.sorted()), got '\(word.printable)'")
        }
        return metric
    }

    private static let traces: [String: Metric] = {
        var metrics = [
            "trace_count": Metric(
                figure: .traces, aggregations: ["COUNT"], dimensions: ["trace_name": .traceName, "trace_status": .traceState]),
            "session_count": Metric(figure: .distinctMetadata("mlflow.trace.session"), aggregations: ["COUNT"], dimensions: [:]),
            "latency": Metric(figure: .traceDuration, aggregations: spread, dimensions: name),
        ]
        for key in tokens { metrics[key] = Metric(figure: .traceNumber(key), aggregations: ["SUM"] + spread, dimensions: name) }
        return metrics
    }()

    private static let spans: [String: Metric] = {
        let kinds: [String: TraceStatistics.Group] = ["span_name": .spanName, "span_type": .spanType, "span_status": .spanStatus]
        var metrics = [
            "span_count": Metric(figure: .spans, aggregations: ["COUNT"], dimensions: kinds.merging(model) { first, _ in first }),
            "latency": Metric(
                figure: .spanDuration, aggregations: spread, dimensions: ["span_name": .spanName, "span_status": .spanStatus]),
        ]
        for key in costs { metrics[key] = Metric(figure: .spanNumber(key), aggregations: ["SUM"] + spread, dimensions: model) }
        return metrics
    }()

    private static let assessments: [String: Metric] = [
        "assessment_count": Metric(
            figure: .assessments, aggregations: ["COUNT"],
            dimensions: ["assessment_name": .assessmentName, "assessment_value": .assessmentValue]),
        "assessment_value": Metric(figure: .score, aggregations: spread, dimensions: ["assessment_name": .assessmentName]),
    ]

    /// One comparison by `=`: `trace.status = 'OK'`, `trace.tag.KEY`, `trace.metadata.KEY`, `span.name`, `assessment.type`, ….
    static func condition(_ text: String, on view: View) throws(Problem) -> TraceStatistics.Condition {
        let comparisons = try FilterParser.comparisons(in: text)
        guard comparisons.count == 1, comparisons[0].operation == .equal, case .text(let value) = comparisons[0].operand else {
            throw Problem(
                .invalid, "mlflow.filter.malformed", "Invalid filter: '\(text.printable)'. Expected one filter clause.",
                why: "Only '=' and a quoted text are supported.")
        }
        let subject = comparisons[0].subject
        switch (subject.kind, subject.key) {
        case (.attribute, "status"): return .traceState(value)
        case (.attribute, let key) where key.hasPrefix("tag."):
            let name = String(key.dropFirst(4))
            return name == TraceWords.nameTag ? .traceName(value) : .traceTag(name, value)
        case (.attribute, let key) where key.hasPrefix("metadata."):
            let name = String(key.dropFirst(9))
            return name == TraceWords.runKey ? .run(value) : .traceMetadata(name, value)
        case (.span, "name") where view == .spans: return .spanName(value)
        case (.span, "status") where view == .spans: return .spanStatus(value)
        case (.span, "type") where view == .spans: return .spanType(value)
        case (.assessment, "name") where view == .assessments: return .assessmentName(value)
        case (.assessment, "type") where view == .assessments: return .assessmentKind(value)
        case (.span, _) where view != .spans:
            throw refusal("Filtering by span is only supported for SPANS view type, got \(view.rawValue)")
        case (.assessment, _) where view != .assessments:
            throw refusal("Filtering by assessment is only supported for ASSESSMENTS view type, got \(view.rawValue)")
        default: throw refusal("Invalid identifier in '\(text.printable)'.")
        }
    }

    private static func refusal(_ what: String) -> Problem {
        Problem(
            .invalid, "mlflow.filter.unsupported", what,
            fix:
                "Filter by trace.status, trace.tag.KEY, trace.metadata.KEY, span.name, span.status, span.type, assessment.name or assessment.type."
        )
    }

    /// The numbers of these names in an object, or in the JSON of one.
    static func numbers(_ names: [String], in value: SpanValue) -> [String: Double] {
        switch value {
        case .members(let members):
            var numbers: [String: Double] = [:]
            for member in members where names.contains(member.key) {
                switch member.value {
                case .integer(let number): numbers[member.key] = Double(number)
                case .number(let number): numbers[member.key] = number
                default: break
                }
            }
            return numbers
        case .text(let text):
            guard case .object(let members)? = try? JSONReader.value(of: text) else { return [:] }
            return members.filter { names.contains($0.key) }.compactMapValues(\.double)
        default: return [:]
        }
    }
}
