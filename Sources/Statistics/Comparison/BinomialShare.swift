// SPDX-License-Identifier: Apache-2.0

/// What a count of successes in a number of trials says about their share.
package struct BinomialShare: Equatable, Sendable {
    package let successes: Int
    package let trials: Int

    /// - Returns: Nil unless 0 ≤ successes ≤ trials and there is a trial.
    package init?(successes: Int, trials: Int) {
        guard trials > 0, (0...trials).contains(successes) else { return nil }
        self.successes = successes
        self.trials = trials
    }

    package var estimate: Double { Double(successes) / Double(trials) }

    /// Clopper and Pearson's exact interval (1934): covers the true share at least as often as `level` says.
    package func interval(level: Double) -> ClosedRange<Double> {
        precondition(level > 0 && level < 1, "A confidence level lies between 0 and 1.")
        let tail = (1 - level) / 2
        let lower =
            successes == 0 ? 0 : Self.share { IncompleteBeta.lower($0, a: Double(successes), b: Double(trials - successes + 1)) < tail }
        let upper =
            successes == trials
            ? 1 : Self.share { IncompleteBeta.lower($0, a: Double(successes + 1), b: Double(trials - successes)) < 1 - tail }
        return min(lower, upper)...upper
    }

    /// The chance of at most `successes` when each trial succeeds with `chance`.
    static func atMost(_ successes: Int, of trials: Int, chance: Double) -> Double {
        if successes < 0 { return 0 }
        if successes >= trials { return 1 }
        return IncompleteBeta.lower(1 - chance, a: Double(trials - successes), b: Double(successes + 1))
    }

    /// Where `isBelow` turns false, by halving until neighbouring numbers are reached.
    private static func share(where isBelow: (Double) -> Bool) -> Double {
        var (low, high) = (0.0, 1.0)
        for _ in 0..<200 {
            let middle = low + (high - low) / 2
            guard middle > low, middle < high else { break }
            if isBelow(middle) { low = middle } else { high = middle }
        }
        return low + (high - low) / 2
    }
}
