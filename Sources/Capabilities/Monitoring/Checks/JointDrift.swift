// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// Whether several columns together changed, as no test of single columns can see when only what they have in common did; pure.
///
/// Maximum mean discrepancy (see `MaximumMeanDiscrepancy`) of up to three hundred rows a side, with its permutation test. Numbers are taken as
/// ranks among both sides, so that neither units nor outliers count; categories as coordinates of the ten most frequent, and a null
/// as one of its own. The effect is the unbiased squared discrepancy. For independent normal columns, whatever their number, it is
/// about 0.01 where their correlation rose to 0.45 or all moved by a fifth of a standard deviation.
struct JointDrift {
    static let rowLimit = 300
    static let columnLimit = 50
    static let permutations = 199
    static let significance = 0.01
    static let usualLimit = 0.01
    private static let categories = 10

    struct Outcome: Equatable, Sendable {
        var rows: Int
        var baselineRows: Int
        var effect: Double
        var pValue: Double
    }

    let kinds: [MonitoredFeature.Kind]

    /// - Parameters:
    ///   - before: Rows, each with a value for each column; after: the same of the window.
    ///   - minimumRows: Of each side.
    /// - Returns: Nil with too few rows, or when all rows are equal.
    func outcome(_ before: [[JSONValue]], _ after: [[JSONValue]], minimumRows: Int, seed: UInt64) -> Outcome? {
        var generator = SplitMix64(seed: seed)
        let first = Array(before.shuffled(using: &generator).prefix(Self.rowLimit))
        let second = Array(after.shuffled(using: &generator).prefix(Self.rowLimit))
        guard min(first.count, second.count) >= min(minimumRows, Self.rowLimit) else { return nil }
        let points = coordinates(of: first + second)
        guard
            let test = MaximumMeanDiscrepancy(
                Array(points.prefix(first.count)), Array(points.dropFirst(first.count)), rowLimit: 2 * Self.rowLimit, using: &generator),
            let effect = test.unbiased
        else { return nil }
        return Outcome(
            rows: second.count, baselineRows: first.count, effect: effect,
            pValue: test.pValue(permutations: Self.permutations, using: &generator))
    }

    private func coordinates(of rows: [[JSONValue]]) -> [[Double]] {
        var points = [[Double]](repeating: [], count: rows.count)
        for (column, kind) in kinds.enumerated() {
            let cells = rows.map { column < $0.count ? $0[column] : .null }
            switch kind {
            case .number: addRanks(cells.map(Self.number), to: &points)
            case .category: addCategories(cells.map(Self.category), to: &points)
            }
        }
        return points
    }

    /// Ranks, equal values sharing theirs, with mean 0 and variance 1; nulls in the middle, with a coordinate that tells them.
    private func addRanks(_ values: [Double?], to points: inout [[Double]]) {
        let places = values.indices.filter { values[$0] != nil }.sorted { (values[$0] ?? 0) < (values[$1] ?? 0) }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < places.count {
            var end = start + 1
            while end < places.count, values[places[end]] == values[places[start]] { end += 1 }
            let rank = (Double(start) + Double(end)) / 2 / Double(places.count)
            for place in places[start..<end] { ranks[place] = (rank - 0.5) * 12.0.squareRoot() }
            start = end
        }
        let hasNulls = places.count < values.count
        for place in points.indices {
            points[place].append(ranks[place])
            if hasNulls { points[place].append(values[place] == nil ? 1 : 0) }
        }
    }

    private func addCategories(_ values: [String?], to points: inout [[Double]]) {
        var counts: [String: Int] = [:]
        for value in values { counts[value ?? "", default: 0] += 1 }
        let top = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.categories).map(\.key)
        for (place, value) in values.enumerated() {
            // Two different categories are one apart.
            for name in top { points[place].append(value ?? "" == name ? 0.5.squareRoot() : 0) }
        }
    }

    private static func number(_ cell: JSONValue) -> Double? {
        MonitoredRow(key: "", time: nil, inputs: ["c": cell], score: nil, isPositive: nil).number("c").flatMap { $0.isFinite ? $0 : nil }
    }

    private static func category(_ cell: JSONValue) -> String? {
        MonitoredRow(key: "", time: nil, inputs: ["c": cell], score: nil, isPositive: nil).category("c")
    }
}

extension MonitorCheck {
    /// Those it names, or those that the model rests on most, in order of their names.
    func jointColumns(_ features: [MonitoredFeature]) -> [MonitoredFeature] {
        let chosen =
            columns.map { names in features.filter { names.contains($0.name) } }
            ?? features.sorted { ($1.importance ?? 1, $0.name) < ($0.importance ?? 1, $1.name) }
        return chosen.prefix(JointDrift.columnLimit).sorted { $0.name < $1.name }
    }
}

extension RowSample {
    /// The cells of these columns, row by row; nil when one of them is not in the sample.
    func cells(_ wanted: [MonitoredFeature]) -> [[JSONValue]]? {
        let places = wanted.compactMap { columns.firstIndex(of: $0.name) }
        guard places.count == wanted.count else { return nil }
        return items.map { item in places.map { item.inputs[$0] } }
    }
}
