// SPDX-License-Identifier: Apache-2.0

/// Which steps of a long series a chart gets.
enum MetricSampling {
    /// About `limit` of the steps at even distances in their order, the last one among them; all when there are no more.
    static func steps(_ steps: [Int64], limit: Int) -> Set<Int64> {
        guard steps.count > limit, let last = steps.last else { return Set(steps) }
        let distance = Double(steps.count) / Double(limit)
        var chosen: Set<Int64> = [last]
        for index in 0..<limit { chosen.insert(steps[Int(Double(index) * distance)]) }
        return chosen
    }
}
