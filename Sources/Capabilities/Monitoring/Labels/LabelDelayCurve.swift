// SPDX-License-Identifier: Apache-2.0

/// How labels usually arrive: the share of predictions that have one, by age; pure. Each share is counted over predictions that are at least that
/// old, so young ones that still wait do not lower it.
package struct LabelDelayCurve: Codable, Equatable, Sendable {
    package struct Point: Codable, Equatable, Sendable {
        package var seconds: Int
        package var share: Double
        /// Predictions that are as old.
        package var rows: Int
    }

    /// One prediction that was looked at.
    package struct Observation: Equatable, Sendable {
        /// Since it was made.
        package var age: Duration
        /// From the prediction to its first label; nil when none has come.
        package var delay: Duration?

        package init(age: Duration, delay: Duration?) {
            self.age = age
            self.delay = delay
        }
    }

    /// Ages in seconds, a second to a year.
    package static let ages: [Int] =
        [1, 5, 15, 60, 300, 900, 1800] + [1, 2, 3, 6, 12].map { $0 * 3600 }
        + [1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365].map { $0 * 86_400 }
    /// A cohort needs this much of what is usual.
    package static let maturity = 0.95
    /// Fewer predictions of an age say nothing about it.
    static let minimumRows = 100

    /// Ascending; as far as enough predictions are that old.
    package var points: [Point]

    package init(_ observations: [Observation]) {
        points = []
        var share = 0.0
        for seconds in Self.ages {
            let old = observations.filter { $0.age >= .seconds(seconds) }
            guard old.count >= Self.minimumRows else { return }
            let labelled = old.count { $0.delay.map { $0 <= .seconds(seconds) } ?? false }
            // Who is old enough differs from age to age; a label that came does not go.
            share = max(share, Double(labelled) / Double(old.count))
            points.append(Point(seconds: seconds, share: share, rows: old.count))
        }
    }

    /// The share of predictions that get a label at all; nil while the curve still rises, or is not known.
    package var usual: Double? {
        guard let last = points.last, last.share > 0, share(at: .seconds(last.seconds) / 2) >= Self.maturity * last.share else {
            return nil
        }
        return last.share
    }

    /// The age at which 95 % of the labels that come have come; nil while that is not known.
    package var usualDelay: Duration? {
        guard let usual else { return nil }
        return points.first { $0.share >= Self.maturity * usual }.map { .seconds($0.seconds) }
    }

    /// The share that has a label at an age, at least.
    package func share(at age: Duration) -> Double { points.last { .seconds($0.seconds) <= age }?.share ?? 0 }
}
