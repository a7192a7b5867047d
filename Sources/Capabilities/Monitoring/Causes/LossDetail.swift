// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// Labelled losses of a window by hour and by segment, whichever version answered; memory is bounded.
struct LossDetail: Sendable {
    static let segmentLimit = 200

    struct Part: Sendable, Equatable {
        var rows = 0
        var loss = 0.0
        var squares = 0.0

        var mean: Double { rows > 0 ? loss / Double(rows) : 0 }
        /// Of the mean.
        var variance: Double? {
            guard rows > 1 else { return nil }
            return max(0, squares / Double(rows) - mean * mean) / Double(rows - 1)
        }

        mutating func add(_ value: Double) {
            rows += 1
            loss += value
            squares += value * value
        }
    }

    /// By hour since 1970.
    private(set) var hours: [Int64: Part] = [:]
    private(set) var all = Part()
    private(set) var segments: [String: [String: Part]] = [:]

    mutating func add(_ row: MonitoredRow, features: [MonitoredFeature]) {
        guard let score = row.score, let isPositive = row.isPositive else { return }
        let loss = ClassificationMetrics.logLoss(score: score, label: isPositive)
        all.add(loss)
        if let time = row.time {
            hours[Int64((Double(time.milliseconds) / 3_600_000).rounded(.down)), default: Part()].add(loss)
        }
        for feature in features where feature.kind == .category {
            guard let value = row.category(feature.name) else { continue }
            let isKnown = segments[feature.name]?[value] != nil
            guard isKnown || (segments[feature.name]?.count ?? 0) < Self.segmentLimit else { continue }
            segments[feature.name, default: [:]][value, default: Part()].add(loss)
        }
    }
}
