// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counters, gauges and histograms in Prometheus' text form (exposition format 0.0.4).
package final class ServerMetrics: Sendable {
    struct Histogram {
        var counts: [UInt64]
        var sum = 0.0
        var total: UInt64 = 0

        init() { counts = Array(repeating: 0, count: bounds.count) }

        mutating func add(_ seconds: Double) {
            if let index = bounds.firstIndex(where: { seconds <= $0 }) { counts[index] += 1 }
            sum += seconds
            total += 1
        }

        mutating func add(_ other: Histogram) {
            for index in counts.indices { counts[index] += other.counts[index] }
            sum += other.sum
            total += other.total
        }
    }

    private struct State {
        var counters: [String: [String: Double]] = [:]
        var gauges: [String: [String: Double]] = [:]
        var histograms: [String: [String: Histogram]] = [:]
        var series = 0
    }

    /// Upper bounds in seconds.
    private static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// Beyond this many series new ones are dropped, so that a label can never exhaust memory.
    private static let maximumSeries = 5_000
    private let state = Mutex(State())
    private let sources = Mutex<[@Sendable (ServerMetrics) -> Void]>([])

    package init() {}

    /// Asks `source` for its values each time they are read, for what is known best at that moment.
    package func ask(_ source: @escaping @Sendable (ServerMetrics) -> Void) {
        sources.withLock { $0.append(source) }
    }

    package func count(_ name: String, _ labels: [(String, String)] = [], by amount: Double = 1) {
        let key = Self.text(labels)
        state.withLock { state in
            guard state.counters[name]?[key] != nil || Self.admit(&state) else { return }
            state.counters[name, default: [:]][key, default: 0] += amount
        }
    }

    package func set(_ name: String, _ labels: [(String, String)] = [], to value: Double) {
        let key = Self.text(labels)
        state.withLock { state in
            guard state.gauges[name]?[key] != nil || Self.admit(&state) else { return }
            state.gauges[name, default: [:]][key] = value
        }
    }

    package func observe(_ name: String, _ labels: [(String, String)] = [], seconds: Double) {
        let key = Self.text(labels)
        state.withLock { state in
            guard state.histograms[name]?[key] != nil || Self.admit(&state) else { return }
            state.histograms[name, default: [:]][key, default: Histogram()].add(seconds)
        }
    }

    /// One route's requests, for what is answered too often to look its series up each time.
    func series(method: String, route: String) -> RequestSeries {
        let series = RequestSeries()
        ask { metrics in
            let (statuses, histogram) = series.take()
            for (status, count) in statuses {
                metrics.count(
                    "dhow_http_requests_total", [("method", method), ("route", route), ("status", String(status))], by: Double(count))
            }
            if histogram.total > 0 { metrics.merge("dhow_http_request_seconds", [("route", route)], histogram) }
        }
        return series
    }

    private func merge(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
        let key = Self.text(labels)
        state.withLock { state in
            guard state.histograms[name]?[key] != nil || Self.admit(&state) else { return }
            state.histograms[name, default: [:]][key, default: Histogram()].add(histogram)
        }
    }

    package func exposition() -> String {
        for source in sources.withLock({ $0 }) { source(self) }
        return text()
    }

    private func text() -> String {
        state.withLock { state in
            var text = ""
            for (kind, families) in [("counter", state.counters), ("gauge", state.gauges)] {
                for (name, series) in families.sorted(by: { $0.key < $1.key }) {
                    text += "# TYPE \(name) \(kind)\n"
                    for (labels, value) in series.sorted(by: { $0.key < $1.key }) {
                        text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(value)\n"
                    }
                }
            }
            for (name, series) in state.histograms.sorted(by: { $0.key < $1.key }) {
                text += "# TYPE \(name) histogram\n"
                for (labels, histogram) in series.sorted(by: { $0.key < $1.key }) {
                    let prefix = labels.isEmpty ? "" : labels + ","
                    var running: UInt64 = 0
                    for (bound, count) in zip(Self.bounds, histogram.counts) {
                        running += count
                        text += "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(running)\n"
                    }
                    text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(histogram.total)\n"
                    text += "\(name)_sum\(labels.isEmpty ? "" : "{\(labels)}") \(histogram.sum)\n"
                    text += "\(name)_count\(labels.isEmpty ? "" : "{\(labels)}") \(histogram.total)\n"
                }
            }
            return text
        }
    }

    private static func admit(_ state: inout State) -> Bool {
        guard state.series < maximumSeries else { return false }
        state.series += 1
        return true
    }

    private static func text(_ labels: [(String, String)]) -> String {
        var text = ""
        for (name, value) in labels {
            if !text.isEmpty { text += "," }
            text += name
            text += "=\""
            text += needsEscape(value) ? escaped(value) : value
            text += "\""
        }
        return text
    }

    /// Each request asks, and hardly any label needs it.
    private static func needsEscape(_ value: String) -> Bool {
        value.utf8.contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") }
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
