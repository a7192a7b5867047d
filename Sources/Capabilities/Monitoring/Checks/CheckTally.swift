// SPDX-License-Identifier: Apache-2.0

import Domain
import Foundation

/// What one check counts while a window is read; memory is bounded.
struct CheckTally: Sendable {
    static let groupLimit = 200

    struct Group: Sendable {
        var rows = 0
        var hits = 0
    }

    let check: MonitorCheck
    private let features: [MonitoredFeature]
    private(set) var rows = 0
    /// Rows that are not as they should be.
    private(set) var bad = 0
    private(set) var newest: Timestamp?
    private(set) var groups: [String: Group] = [:]
    /// Of `schema`: rows in which a feature is not as it should be.
    private(set) var badFeatures: [String: Int] = [:]
    /// Of `joint-drift`: its columns, and some rows.
    let joint: [MonitoredFeature]
    private(set) var jointRows = HashSample<[JSONValue]>(limit: JointDrift.rowLimit)
    /// Of `labels`: only rows up to here count.
    private let matureBefore: Timestamp?

    init(_ check: MonitorCheck, features: [MonitoredFeature], now: Timestamp) {
        self.check = check
        self.features = features
        joint = check.type == .jointDrift ? check.jointColumns(features) : []
        matureBefore = check.type == .labels ? check.seconds.map { now - .seconds($0) } : nil
    }

    mutating func add(_ row: MonitoredRow, isJudged: Bool) {
        switch check.type {
        case .schema: addSchema(row)
        case .range:
            guard let column = check.column, let value = row.number(column) else { return }
            rows += 1
            if value < check.minimum ?? -.infinity || value > check.maximum ?? .infinity { bad += 1 }
        case .freshness:
            let time = check.column.map { row.moment($0) } ?? row.time
            guard let time else { return }
            rows += 1
            newest = newest.map { max($0, time) } ?? time
        case .volume: rows += 1
        case .labels:
            guard let time = row.time, let matureBefore, time <= matureBefore else { return }
            rows += 1
            if row.isPositive == nil { bad += 1 }
        case .fairness:
            guard isJudged, let column = check.column, let group = row.category(column), let score = row.score else { return }
            if check.fairnessMetric == .truePositiveRate, row.isPositive != true { return }
            guard groups[group] != nil || groups.count < Self.groupLimit else { return }
            rows += 1
            groups[group, default: Group()].rows += 1
            if score >= check.threshold ?? 0.5 { groups[group, default: Group()].hits += 1 }
        case .jointDrift:
            rows += 1
            jointRows.add(joint.map { row.inputs[$0.name] ?? .null }, hash: row.hash)
        case .estimatedPerformance, .errors, .latency: break
        }
    }

    private mutating func addSchema(_ row: MonitoredRow) {
        rows += 1
        var isBad = false
        for feature in features where !row.fits(feature) {
            badFeatures[feature.name, default: 0] += 1
            isBad = true
        }
        if isBad { bad += 1 }
    }
}

extension MonitoredRow {
    /// Whether the input is there and of its kind; null is a value of both kinds.
    func fits(_ feature: MonitoredFeature) -> Bool {
        switch (inputs[feature.name], feature.kind) {
        case (nil, _), (.array, _), (.object, _), (.string, .number): false
        default: true
        }
    }

    /// A time: seconds since 1970, milliseconds when it is too large for them, or ISO 8601.
    func moment(_ column: String) -> Timestamp? {
        if let number = number(column), abs(number) < 1e15 {
            return Timestamp(milliseconds: Int64(abs(number) >= 1e11 ? number : number * 1000))
        }
        guard case .string(let text) = inputs[column] else { return nil }
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        let date = (try? style.parse(text)) ?? (try? style.parse(text + "Z")) ?? (try? style.parse(text + "T00:00:00Z"))
        return date.map { Timestamp(milliseconds: Int64(($0.timeIntervalSince1970 * 1000).rounded())) }
    }
}
