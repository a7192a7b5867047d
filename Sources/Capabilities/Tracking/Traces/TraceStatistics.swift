// SPDX-License-Identifier: Apache-2.0

package import Domain

/// A question about many traces at once: one figure of each trace, span or assessment, aggregated by groups and spans of time.
package struct TraceStatistics: Equatable, Sendable {
    /// What is aggregated; it says too whether rows are traces, spans or assessments.
    package enum Figure: Equatable, Sendable {
        case traces
        /// How many different values the metadata has under a key.
        case distinctMetadata(String)
        /// Milliseconds.
        case traceDuration
        /// A number told of the whole trace, by its name.
        case traceNumber(String)
        case spans
        case spanDuration
        case spanNumber(String)
        case assessments
        /// What an assessment says as a number: yes and true are 1, no and false 0.
        case score
    }

    package enum Group: Equatable, Sendable {
        case traceName, traceState
        case spanName, spanType, spanStatus
        case spanAttribute(String)
        case assessmentName
        /// As JSON.
        case assessmentValue
    }

    package enum Aggregation: Equatable, Sendable {
        case count, sum, average, minimum, maximum
        /// From 0 to 100, by linear interpolation between the closest values (Hyndman and Fan's method 7).
        case percentile(Double)
    }

    package enum Condition: Equatable, Sendable {
        case traceState(String)
        case traceName(String)
        case traceTag(String, String)
        case traceMetadata(String, String)
        case run(String)
        case spanName(String)
        case spanStatus(String)
        case spanType(String)
        case assessmentName(String)
        case assessmentKind(String)
    }

    /// The values of one group, in the order of the aggregations; nil where there is none.
    package struct Point: Equatable, Sendable {
        /// When the group's span of time begins.
        package var begin: Timestamp?
        package var groups: [String]
        package var values: [Double?]
    }

    package static let maximumAggregations = 20
    package static let maximumPage = 10_000

    package var experiments: [Int64]
    package var figure: Figure
    package var aggregations: [Aggregation]
    package var groups: [Group] = []
    package var conditions: [Condition] = []
    /// Seconds of one span of time; spans are placed by their own start, all else by the trace's.
    package var interval: Int64?
    /// Both included. Numbers of spans are taken by the spans' own start, all else by the trace's.
    package var from: Timestamp?
    package var through: Timestamp?

    package init(experiments: [Int64], figure: Figure, aggregations: [Aggregation]) {
        self.experiments = experiments
        self.figure = figure
        self.aggregations = aggregations
    }

    func check() throws(Problem) {
        guard (1...Self.maximumAggregations).contains(aggregations.count) else {
            throw Problem(
                .invalid, "tracking.statistics.aggregations", "The request has \(aggregations.count) aggregations.",
                why: "1 to \(Self.maximumAggregations) are computed at once.")
        }
        for case .percentile(let percentile) in aggregations where !(0...100).contains(percentile) {
            throw Problem(
                .invalid, "tracking.statistics.percentile", "Percentile value must be between 0 and 100, got \(percentile)")
        }
        if let interval {
            guard (1...3_153_600_000).contains(interval) else {
                throw Problem(.invalid, "tracking.statistics.interval", "Invalid interval of \(interval) seconds.", why: "It is positive.")
            }
            guard from != nil, through != nil else {
                throw Problem(
                    .invalid, "tracking.statistics.unbounded",
                    "start_time_ms and end_time_ms are required if time_interval_seconds is set")
            }
        }
        guard groups.count <= 8, conditions.count <= FilterParser.maximumComparisons, experiments.count <= 1_000 else {
            throw Problem(.invalid, "tracking.statistics.too-long", "The request has too many groups, conditions or experiments.")
        }
    }
}
