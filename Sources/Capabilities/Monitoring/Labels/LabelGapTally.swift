// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// Counts rows of mature cohorts with and without labels, to tell whether labels are missing at random; memory is bounded.
struct LabelGapTally: Sendable {
    private static let sampleLimit = 20_000
    private static let valueLimit = 200
    private static let minimumMissing = 20
    private static let level = 0.01
    private static let shown = 10

    private struct Side: Sendable {
        var rows = 0
        var scores = HashSample<Double>(limit: sampleLimit)
        var values: [String: [String: Int]] = [:]
    }

    private let categories: [String]
    private var with = Side()
    private var without = Side()

    /// - Parameter features: Of which the categories are looked at.
    init(features: [MonitoredFeature]) {
        categories = features.filter { $0.kind == .category }.map(\.name)
    }

    mutating func add(_ row: MonitoredRow, isLabelled: Bool) {
        if isLabelled { take(row, into: &with) } else { take(row, into: &without) }
    }

    private func take(_ row: MonitoredRow, into side: inout Side) {
        side.rows += 1
        if let score = row.score { side.scores.add(score, hash: row.hash) }
        for name in categories {
            guard let value = row.category(name) else { continue }
            let isKnown = side.values[name]?[value] != nil
            guard isKnown || (side.values[name]?.count ?? 0) < Self.valueLimit else { continue }
            side.values[name, default: [:]][value, default: 0] += 1
        }
    }

    /// Nil when every row has a label, or none has.
    func gaps() -> LabelGaps? {
        guard with.rows > 0, without.rows > 0 else { return nil }
        var found: [LabelGaps.Difference] = []
        if without.rows >= Self.minimumMissing {
            if let score { found.append(score) }
            found += categories.compactMap(category)
        }
        let adjusted = MultipleTesting.benjaminiHochberg.adjusted(found.map(\.adjustedPValue))
        for index in found.indices { found[index].adjustedPValue = adjusted[index] }
        return LabelGaps(
            missing: without.rows, labelled: with.rows,
            differences: Array(
                found.filter { $0.adjustedPValue < Self.level }.sorted {
                    ($0.adjustedPValue, $0.subject) < ($1.adjustedPValue, $1.subject)
                }.prefix(Self.shown)))
    }

    private var score: LabelGaps.Difference? {
        let (labelled, missing) = (with.scores.values, without.scores.values)
        guard missing.count >= Self.minimumMissing, let test = MannWhitney(labelled, missing) else { return nil }
        return LabelGaps.Difference(
            subject: "score", statement: "The mean score is \(mean(missing)) without a label, \(mean(labelled)) with one.",
            adjustedPValue: test.pValue)
    }

    private func category(_ name: String) -> LabelGaps.Difference? {
        let (labelled, missing) = (with.values[name] ?? [:], without.values[name] ?? [:])
        let values = Set(labelled.keys).union(missing.keys).sorted()
        guard values.count > 1,
            let test = ChiSquareTest(values.map { labelled[$0] ?? 0 }, values.map { missing[$0] ?? 0 }, minimumExpected: 5)
        else { return nil }
        func share(_ value: String) -> Double {
            let without = missing[value] ?? 0
            return Double(without) / Double(without + (labelled[value] ?? 0))
        }
        // Of values with enough rows for a share to mean something.
        let worst = values.filter { (labelled[$0] ?? 0) + (missing[$0] ?? 0) >= 100 }.max { share($0) < share($1) }
        let statement =
            worst.map { "Of rows with '\($0.printable)', \(percent(share($0))) have no label; of all, \(percent(overall))." }
            ?? "Its values differ."
        return LabelGaps.Difference(subject: "feature/\(name)", statement: statement, adjustedPValue: test.pValue)
    }

    private var overall: Double { Double(without.rows) / Double(with.rows + without.rows) }
    private func mean(_ values: [Double]) -> String { String((values.reduce(0, +) / Double(values.count) * 1000).rounded() / 1000) }
    private func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
}
