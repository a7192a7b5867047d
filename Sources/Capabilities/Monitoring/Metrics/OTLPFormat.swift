// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain

/// Metrics of monitors as OpenTelemetry's collectors take them: OTLP 1.x over HTTP, in its JSON form.
package enum OTLPFormat {
    /// An `ExportMetricsServiceRequest`; nil without points.
    package static func request(_ families: [MetricFamily], instance: String, at time: Timestamp) -> JSONValue? {
        let moment = JSONValue.string(String(time.milliseconds * 1_000_000))
        let metrics = families.filter { !$0.points.isEmpty }.map { family in
            JSONValue.object([
                "name": .string(family.metric.rawValue), "description": .string(family.metric.help),
                "gauge": .object([
                    "dataPoints": .array(
                        family.points.map { point in
                            .object([
                                "timeUnixNano": moment, "asDouble": .number(point.value),
                                "attributes": attributes(Array(zip(family.metric.labels, point.labels))),
                            ])
                        })
                ]),
            ])
        }
        guard !metrics.isEmpty else { return nil }
        return .object([
            "resourceMetrics": .array([
                .object([
                    "resource": .object(["attributes": attributes([("service.name", "dhow"), ("service.instance.id", instance)])]),
                    "scopeMetrics": .array([.object(["scope": .object(["name": .string("dhow.monitors")]), "metrics": .array(metrics)])]),
                ])
            ])
        ])
    }

    private static func attributes(_ pairs: [(String, String)]) -> JSONValue {
        .array(pairs.map { .object(["key": .string($0.0), "value": .object(["stringValue": .string($0.1)])]) })
    }
}

/// Sends the metrics of all monitors to a collector, again and again.
package struct MetricsPush: Sendable {
    private static let interval = 10

    private let metrics: MonitorMetrics
    private let url: EgressURL
    private let egress: any EgressClient
    private let instance: String
    private let clock: any WallClock
    private let report: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - url: Of the collector's metrics, such as `http://collector:4318/v1/metrics`.
    ///   - report: Receives what a push failed with; the next one is made all the same.
    package init(
        metrics: MonitorMetrics, to url: EgressURL, through egress: any EgressClient, instance: String, clock: any WallClock,
        report: @escaping @Sendable (any Error) -> Void
    ) {
        self.metrics = metrics
        self.url = url
        self.egress = egress
        self.instance = instance
        self.clock = clock
        self.report = report
    }

    /// Until cancelled.
    package func run() async throws {
        while true {
            do { try await push() } catch is CancellationError { throw CancellationError() } catch { report(error) }
            try await Task.sleep(for: .seconds(Self.interval))
        }
    }

    /// - Throws: `Problem` `.unavailable` when the collector does not take them.
    package func push() async throws {
        guard let request = OTLPFormat.request(try await metrics.families(), instance: instance, at: clock.now()) else { return }
        let answer = try await egress.send(
            EgressRequest(
                url: url, headers: [("Content-Type", "application/json")], body: Array(request.jsonText.utf8), isRepeatable: true))
        guard (200..<300).contains(answer.status) else {
            throw Problem(
                .unavailable, "monitoring.metrics.refused", "The collector did not take the metrics of monitors.",
                why: "It answered \(answer.status).")
        }
    }
}
