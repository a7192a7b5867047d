// SPDX-License-Identifier: Apache-2.0

import Statistics

extension ColumnChart {
    private static let bins = 24
    private static let bars = 10

    /// Bins of equal width over the middle 99 % of both sides, the outer ones open.
    init(_ comparison: ValueComparison, _ baseline: ValueHistogram, _ window: ValueHistogram) {
        let shares = [0.005, 0.995]
        let ends = (baseline.quantiles(shares) ?? []) + (window.quantiles(shares) ?? [])
        let (low, high) = (ends.min() ?? 0, ends.max() ?? 0)
        let width = high / Double(Self.bins) - low / Double(Self.bins)
        var edges = (1..<Self.bins).map { low + width * Double($0) }
        if !(width > 0) || zip(edges, edges.dropFirst()).contains(where: { $0 >= $1 }) { edges = [low] }
        let counts = comparison.counts(between: edges)
        func parts(_ counts: [Int], of total: Int) -> [Double] { counts.map { Double($0) / Double(total) } }
        self.init(
            labels: (0...edges.count).map { place in
                place == 0 ? "≤ \(number(edges[0]))" : place == edges.count ? "> \(number(edges[place - 1]))" : "to \(number(edges[place]))"
            },
            baseline: parts(counts.before, of: comparison.baselineCount), window: parts(counts.after, of: comparison.windowCount))
    }

    /// The commonest categories of both sides, and the rest.
    init(_ comparison: CategoryComparison, _ baseline: ColumnProfile, _ window: ColumnProfile) {
        let (n, m) = (Double(baseline.texts.count), Double(window.texts.count))
        var bars = baseline.texts.pairs(with: window.texts).map {
            (text: $0.text, before: Double($0.here) / n, after: Double($0.there) / m)
        }
        .sorted { ($1.before + $1.after, $0.text) < ($0.before + $0.after, $1.text) }
        if bars.count > Self.bars || !comparison.isExact {
            bars = Array(bars.prefix(Self.bars))
            let rest = bars.reduce((1.0, 1.0)) { ($0.0 - $1.before, $0.1 - $1.after) }
            bars.append(("(others)", max(0, rest.0), max(0, rest.1)))
        }
        self.init(labels: bars.map(\.text), baseline: bars.map(\.before), window: bars.map(\.after))
    }
}
