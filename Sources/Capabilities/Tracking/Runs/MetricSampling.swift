// SPDX-License-Identifier: Apache-2.0

/// Which steps of long series a chart gets: the same for all runs, the first and the last of each among them.
struct MetricSampling {
    let metrics: MetricTable
    let key: String
    let runs: [String]
    let range: ClosedRange<Int64>
    let limit: Int

    /// In ascending order; all of them when there are no more than `limit`.
    func steps() throws -> [Int64] {
        var ends: [String: ClosedRange<Int64>] = [:]
        for run in runs { ends[run] = try metrics.ends(of: key, in: run, within: range) }
        guard let first = ends.values.map(\.lowerBound).min(), let last = ends.values.map(\.upperBound).max() else { return [] }
        var few: Set<Int64> = []
        for run in ends.keys where few.count <= limit {
            few.formUnion(try metrics.steps(of: key, in: run, within: range, limit: limit + 1))
        }
        if few.count <= limit { return few.sorted() }

        var chosen: Set<Int64> = []
        for run in ends.keys { chosen.formUnion(try metrics.steps(of: key, in: run, atGridOf: limit, over: first...last)) }
        if chosen.count < limit / 2 { chosen = try stepsByRank() }
        let outermost = ends.values.flatMap { [$0.lowerBound, $0.upperBound] }
        return Self.thinned(chosen.sorted(), to: limit).union(outermost).sorted()
    }

    private func stepsByRank() throws -> Set<Int64> {
        var all: Set<Int64> = []
        for run in runs { all.formUnion(try metrics.steps(of: key, in: run, within: range)) }
        return Self.thinned(all.sorted(), to: limit)
    }

    /// About `limit` of the steps at even distances in their order, the last one among them.
    private static func thinned(_ steps: [Int64], to limit: Int) -> Set<Int64> {
        guard steps.count > limit, let last = steps.last else { return Set(steps) }
        let distance = Double(steps.count) / Double(limit)
        var chosen: Set<Int64> = [last]
        for index in 0..<limit { chosen.insert(steps[Int(Double(index) * distance)]) }
        return chosen
    }
}
