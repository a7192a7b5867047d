// SPDX-License-Identifier: Apache-2.0

package import Domain

/// How a release takes over the traffic of an endpoint that already answers with another revision.
package struct RolloutPlan: Codable, Equatable, Sendable {
    package static let maximumSteps = 20

    /// The candidate's share step by step: whole per cents, rising, ending with 100, which is the promotion.
    package var percents: [Int]
    /// Labelled predictions of each of the two revisions needed in a step before the next.
    package var minimumLabelled: Int
    /// Probability that a candidate that is no worse is rolled back, over the whole rollout and all guards together.
    package var alpha: Double
    /// Without a decision after this long the rollout pauses and a person is asked.
    package var maximumSeconds: Int
    /// The share of invalid predictions a candidate may have.
    package var invalidShare: Double
    /// Whether promotion also needs evidence that the candidate is less than `tolerance` times worse (`CanaryEvidence`).
    package var requiresShownNotWorse: Bool

    package init(
        percents: [Int] = [10, 50, 100], minimumLabelled: Int = 200, alpha: Double = 0.05, maximumSeconds: Int = 7 * 24 * 3600,
        invalidShare: Double = 0.01, requiresShownNotWorse: Bool = false
    ) {
        self.percents = percents
        self.minimumLabelled = minimumLabelled
        self.alpha = alpha
        self.maximumSeconds = maximumSeconds
        self.invalidShare = invalidShare
        self.requiresShownNotWorse = requiresShownNotWorse
    }

    /// What is left out takes its standard value.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let standard = RolloutPlan()
        percents = try container.decodeIfPresent([Int].self, forKey: .percents) ?? standard.percents
        minimumLabelled = try container.decodeIfPresent(Int.self, forKey: .minimumLabelled) ?? standard.minimumLabelled
        alpha = try container.decodeIfPresent(Double.self, forKey: .alpha) ?? standard.alpha
        maximumSeconds = try container.decodeIfPresent(Int.self, forKey: .maximumSeconds) ?? standard.maximumSeconds
        invalidShare = try container.decodeIfPresent(Double.self, forKey: .invalidShare) ?? standard.invalidShare
        requiresShownNotWorse = try container.decodeIfPresent(Bool.self, forKey: .requiresShownNotWorse) ?? standard.requiresShownNotWorse
    }

    /// α is split evenly between the guard on losses and the guard on invalid predictions, so that their union keeps it.
    package var alphaPerGuard: Double { alpha / 2 }

    package func validate() throws(Problem) {
        guard (1...Self.maximumSteps).contains(percents.count), percents.allSatisfy({ (1...100).contains($0) }), percents.last == 100,
            zip(percents, percents.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw invalid("'percents' are 1 to \(Self.maximumSteps) rising whole numbers from 1 to 100 that end with 100.")
        }
        guard (1...10_000_000).contains(minimumLabelled) else { throw invalid("'minimumLabelled' is 1 to 10000000.") }
        guard alpha > 0, alpha < 0.5 else { throw invalid("'alpha' is above 0 and below 0.5.") }
        guard (1...90 * 24 * 3600).contains(maximumSeconds) else { throw invalid("'maximumSeconds' is 1 second to 90 days.") }
        guard invalidShare > 0, invalidShare <= 0.5 else { throw invalid("'invalidShare' is above 0 and at most 0.5.") }
    }

    private func invalid(_ why: String) -> Problem {
        Problem(.invalid, "delivery.rollout.plan", "The rollout plan cannot be used.", why: why)
    }
}
