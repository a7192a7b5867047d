// SPDX-License-Identifier: Apache-2.0

/// Thins a series to at most so many points for a chart: its first and last points, and the extremes of each stretch between.
///
/// Stretches hold equally many points, and of each the smallest and largest value stay, so no peak of the series is lost.
/// O(1) a point and O(limit) memory, whatever the length of the series.
struct MetricThinning {
    static let smallestLimit = 4

    private let count: Int
    private let limit: Int
    private let stretches: Int
    private var position = 0
    private var stretch = -1
    private var lowest: (position: Int, metric: Metric)?
    private var highest: (position: Int, metric: Metric)?
    private var kept: [Metric] = []

    /// - Parameter count: How many points will be added.
    init(count: Int, limit: Int) {
        precondition(limit >= Self.smallestLimit, "First, last and two extremes are the least that is kept.")
        self.count = count
        self.limit = limit
        stretches = (limit - 2) / 2
    }

    /// Points come in the order of the series.
    mutating func add(_ metric: Metric) {
        defer { position += 1 }
        guard count > limit, position > 0, position < count - 1 else {
            closeStretch()
            kept.append(metric)
            return
        }
        let current = (position - 1) * stretches / (count - 2)
        if current != stretch {
            closeStretch()
            stretch = current
        }
        // What is not a number is extreme only where nothing else is.
        if lowest.map({ $0.metric.value.isNaN || metric.value < $0.metric.value }) ?? true { lowest = (position, metric) }
        if highest.map({ $0.metric.value.isNaN || metric.value > $0.metric.value }) ?? true { highest = (position, metric) }
    }

    var points: [Metric] {
        var ended = self
        ended.closeStretch()
        return ended.kept
    }

    private mutating func closeStretch() {
        guard let lowest, let highest else { return }
        let ends = lowest.position <= highest.position ? [lowest, highest] : [highest, lowest]
        kept.append(ends[0].metric)
        if ends[0].position != ends[1].position { kept.append(ends[1].metric) }
        self.lowest = nil
        self.highest = nil
    }
}
