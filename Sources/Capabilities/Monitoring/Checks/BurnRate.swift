// SPDX-License-Identifier: Apache-2.0

import Domain

/// How fast answers that count as bad use up the budget that an objective leaves, over a long and a short span that end together.
///
/// Beyer et al., "The Site Reliability Workbook" (2018), chapter 5, for a budget of 30 days: both spans must burn, the long one so that a
/// blip is none, the short one so that what is over is over. A long span with fewer than ten bad answers says nothing.
package struct BurnRate: Equatable, Sendable {
    package struct Pair: Equatable, Sendable {
        package let long: Duration
        package let short: Duration
        /// Times the budget's even use.
        package let factor: Double
        package let severity: Incident.Severity
    }

    package static let pairs = [
        Pair(long: .seconds(3600), short: .seconds(300), factor: 14.4, severity: .critical),
        Pair(long: .seconds(6 * 3600), short: .seconds(1800), factor: 6, severity: .critical),
        Pair(long: .seconds(3 * 86_400), short: .seconds(6 * 3600), factor: 1, severity: .warning),
    ]
    static let minimumBad = 10

    package struct Count: Equatable, Sendable {
        package var answers: Int
        package var bad: Int

        package init(answers: Int, bad: Int) {
            self.answers = answers
            self.bad = bad
        }

        func burn(_ objective: Double) -> Double { answers > 0 ? Double(bad) / Double(answers) / (1 - objective) : 0 }
    }

    /// The pair that burns most against its factor, 1 at it.
    package let level: Double
    package let pair: Pair

    /// - Parameter counts: Of each pair, over its long and its short span.
    /// - Returns: Nil when nothing was answered.
    package init?(_ counts: [(long: Count, short: Count)], objective: Double) {
        guard counts.count == Self.pairs.count, counts.contains(where: { $0.long.answers > 0 }) else { return nil }
        let levels = zip(counts, Self.pairs).map { count, pair -> Double in
            guard count.long.bad >= Self.minimumBad else { return 0 }
            return min(count.long.burn(objective), count.short.burn(objective)) / pair.factor
        }
        // Of pairs that are all beyond their limit the first, which pages, says how bad it is.
        let worst = levels.firstIndex { $0 >= 1 } ?? levels.indices.max { levels[$0] < levels[$1] } ?? 0
        level = levels[worst]
        pair = Self.pairs[worst]
    }
}
