// SPDX-License-Identifier: Apache-2.0

import Domain
import Statistics

/// Finds where to look first; pure.
///
/// The change of the mean loss of a column's segments is split as `LossSplit` does; both sums over a column's segments together are the
/// change. A share that moved is told from a loss that rose, so that a mix of segments that each stay as good is not taken for a model that became worse. The onset is where the cumulative sum of the hours'
/// losses, less the middle between before and after, is least (Page, "Continuous Inspection Schemes", Biometrika 41, 1954).
struct CauseFinder {
    private static let minimumRows = 100
    private static let shown = 10
    private static let level = 0.05

    let findings: WindowFindings
    let importances: [String: Double]
    let earlier: LossDetail?
    let current: LossDetail

    func causes() -> Causes {
        Causes(
            columns: findings.ranked(by: importances).prefix(Self.shown).map {
                Causes.Column(name: $0.name, contribution: $0.contribution)
            },
            segments: segments(), onset: onset())
    }

    private func segments() -> [Causes.Segment] {
        guard let earlier, earlier.all.rows > 0, current.all.rows > 0 else { return [] }
        let middle = (earlier.all.mean + current.all.mean) / 2
        var found: [Causes.Segment] = []
        for (column, values) in current.segments {
            for (value, after) in values where after.rows >= Self.minimumRows {
                guard let before = earlier.segments[column]?[value], before.rows >= Self.minimumRows, let varianceBefore = before.variance,
                    let variance = after.variance, varianceBefore + variance > 0
                else { continue }
                let shareBefore = Double(before.rows) / Double(earlier.all.rows)
                let share = Double(after.rows) / Double(current.all.rows)
                let split = LossSplit(
                    shareBefore: shareBefore, share: share, lossBefore: before.mean, loss: after.mean, middle: middle)
                let z = (after.mean - before.mean) / (varianceBefore + variance).squareRoot()
                found.append(
                    Causes.Segment(
                        column: column, value: value, rows: after.rows, shareBefore: shareBefore, share: share, lossBefore: before.mean,
                        loss: after.mean, mix: split.mix, rate: split.rate,
                        adjustedPValue: min(1, 2 * NormalDistribution.upperTail(abs(z)))))
            }
        }
        let adjusted = MultipleTesting.benjaminiHochberg.adjusted(found.map(\.adjustedPValue))
        for index in found.indices { found[index].adjustedPValue = adjusted[index] }
        return found.filter { $0.adjustedPValue < Self.level || abs($0.mix) > abs($0.rate) && abs($0.mix) >= 0.001 }.sorted {
            (abs($0.rate) + abs($0.mix), $1.column, $1.value) > (abs($1.rate) + abs($1.mix), $0.column, $0.value)
        }.prefix(Self.shown).map(\.self)
    }

    /// Over the hours of both windows; nil where the loss did not rise.
    private func onset() -> Timestamp? {
        guard let earlier, earlier.all.rows >= Self.minimumRows, current.all.rows >= Self.minimumRows,
            current.all.mean > earlier.all.mean
        else { return nil }
        let hours = earlier.hours.merging(current.hours) { $1 }.sorted { $0.key < $1.key }
        var sum = 0.0
        var least = 0.0
        var onset = hours.first?.key
        let middle = (earlier.all.mean + current.all.mean) / 2
        for (place, hour) in hours.enumerated() {
            sum += hour.value.loss - middle * Double(hour.value.rows)
            if sum < least {
                least = sum
                onset = place + 1 < hours.count ? hours[place + 1].key : nil
            }
        }
        return onset.map { Timestamp(milliseconds: $0 * 3_600_000) }
    }
}
