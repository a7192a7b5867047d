// SPDX-License-Identifier: Apache-2.0

import Statistics

/// The change of a mean loss against a fixed level, with an interval from resampling whole days.
///
/// Rows of one day share its weather and its events, so resampling rows would make the interval far too narrow; days are drawn with
/// replacement and weigh as many rows as they have (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8).
/// The level is taken as exact.
package struct DayBootstrap: Codable, Equatable, Sendable {
    package static let resamples = 2000

    /// Positive: worse than the level.
    package let estimate: Double
    package let lower: Double
    package let upper: Double
    /// Nominal coverage.
    package let coverage: Double
    package let days: Int

    /// O(days · resamples). Nil with fewer than two days.
    init?(_ days: [PerformanceSummary.Day], against level: Double, coverage: Double = 0.95, seed: UInt64) {
        let days = days.filter { $0.rows > 0 }
        guard days.count > 1 else { return nil }
        var generator = SplitMix64(seed: seed)
        var means: [Double] = []
        means.reserveCapacity(Self.resamples)
        for _ in 0..<Self.resamples {
            var loss = 0.0
            var rows = 0
            for _ in days.indices {
                let day = days[Int(generator.next(upperBound: UInt64(days.count)))]
                loss += day.loss
                rows += day.rows
            }
            means.append(loss / Double(rows))
        }
        guard let quantiles = Quantiles(of: means) else { return nil }
        estimate = days.reduce(0) { $0 + $1.loss } / Double(days.reduce(0) { $0 + $1.rows }) - level
        lower = quantiles[(1 - coverage) / 2] - level
        upper = quantiles[(1 + coverage) / 2] - level
        self.coverage = coverage
        self.days = days.count
    }
}
