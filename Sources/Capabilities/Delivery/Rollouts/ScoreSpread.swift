// SPDX-License-Identifier: Apache-2.0

import Foundation
import Statistics

/// Where the scores of both revisions lie, in ten equal bins of 0…1, and whether the candidate ever gives another one than its first.
package struct ScoreSpread: Codable, Equatable, Sendable {
    private static let bins = 10
    /// Fewer answers of either are no reason to look.
    package static let minimum = 500
    /// A stable revision that varied as it does would give so many equal scores in a row with a lower chance than this.
    private static let constantChance = 1e-6

    package private(set) var candidate = Array(repeating: 0, count: bins)
    package private(set) var stable = Array(repeating: 0, count: bins)
    private var first: Double?
    private var isConstant = true
    /// The stable revision's scores that were equal to the one before, and how many had one before.
    private var stableRepeats = 0
    private var stableFollowing = 0
    private var stableLast: Double?

    package init() {}

    /// Takes in one score in 0…1.
    package mutating func add(_ score: Double, isCandidate: Bool) {
        let bin = min(Self.bins - 1, Int(score * Double(Self.bins)))
        guard isCandidate else {
            stable[bin] += 1
            if let stableLast {
                stableFollowing += 1
                if score == stableLast { stableRepeats += 1 }
            }
            stableLast = score
            return
        }
        candidate[bin] += 1
        if let first { isConstant = isConstant && score == first } else { first = score }
    }

    /// Whether the candidate gives one score only, where the stable revision gives many.
    package var isStuck: Bool {
        let count = candidate.reduce(0, +)
        guard isConstant, count > 1, stableFollowing > 0 else { return false }
        // Two scores are equal at least as often as the square of the commonest one's share.
        let commonest = ((Double(stableRepeats) + 1) / (Double(stableFollowing) + 2)).squareRoot()
        return Double(count - 1) * log(commonest) < log(Self.constantChance)
    }

    /// Stability index of the candidate's scores against the stable revision's, less its noise, in nats; nil with too few.
    package var shift: Double? {
        guard min(candidate.reduce(0, +), stable.reduce(0, +)) >= Self.minimum else { return nil }
        return StabilityIndex(stable, candidate)?.excess
    }
}
